import type { SlotTexts } from './slot-texts.ts';

/** English texts, whole as they are sent. */
export const en: SlotTexts = {
  none: 'I am sorry, there is no free time at the moment. Please ask again later.',
  one: 'This time is free ({{zone}}):\n{{times}}\nDoes it suit you?',
  several: 'These times are free ({{zone}}):\n{{times}}\nWhich one suits you best?',
};
