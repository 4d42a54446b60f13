import type { SlotTexts } from './slot-texts.ts';

/** Telugu texts, whole as they are sent. */
export const te: SlotTexts = {
  none: 'క్షమించండి, ప్రస్తుతం ఖాళీ సమయం ఏదీ లేదు. దయచేసి తర్వాత మళ్లీ అడగండి.',
  one: 'ఈ సమయం ఖాళీగా ఉంది ({{zone}}):\n{{times}}\nఈ సమయం మీకు అనుకూలంగా ఉంటుందా?',
  several: 'ఈ సమయాలు ఖాళీగా ఉన్నాయి ({{zone}}):\n{{times}}\nవీటిలో ఏది మీకు అనుకూలంగా ఉంటుంది?',
};
