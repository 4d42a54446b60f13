import type { SlotTexts } from './slot-texts.ts';

/** Tamil texts, whole as they are sent. */
export const ta: SlotTexts = {
  none: 'மன்னிக்கவும், தற்போது காலியான நேரம் எதுவும் இல்லை. தயவுசெய்து பின்னர் மீண்டும் கேளுங்கள்.',
  one: 'இந்த நேரம் காலியாக உள்ளது ({{zone}}):\n{{times}}\nஇந்த நேரம் உங்களுக்கு வசதியாக இருக்குமா?',
  several: 'இந்த நேரங்கள் காலியாக உள்ளன ({{zone}}):\n{{times}}\nஇவற்றில் எது உங்களுக்கு வசதியாக இருக்கும்?',
};
