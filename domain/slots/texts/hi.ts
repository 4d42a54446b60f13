import type { SlotTexts } from './slot-texts.ts';

/** Hindi texts, whole as they are sent. Verbs never agree with who sends or reads them, whose gender is not known. */
export const hi: SlotTexts = {
  none: 'क्षमा करें, अभी कोई समय खाली नहीं है। कृपया बाद में फिर पूछें।',
  one: 'यह समय खाली है ({{zone}}):\n{{times}}\nक्या यह समय आपके लिए ठीक रहेगा?',
  several: 'ये समय खाली हैं ({{zone}}):\n{{times}}\nइनमें से कौन-सा समय आपके लिए सबसे ठीक रहेगा?',
};
