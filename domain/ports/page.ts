export interface Page<Item> {
  items: Item[];
  /** Opaque; null at the end. */
  nextCursor: string | null;
}

/** Newest first; `cursor` from the page before. `limit` 1 to 500. @throws ReveilleError `invalid_input` on a forged cursor */
export interface ListOptions {
  limit: number;
  cursor?: string | undefined;
}
