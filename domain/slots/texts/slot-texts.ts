/** What an agent says of free times. `{{times}}` are lines of their own and `{{zone}}` stands apart, so that no grammar depends on them. */
export interface SlotTexts {
  none: string;
  one: string;
  several: string;
}
