import type { BookingTexts } from './booking-texts.ts';

/** Hindi texts, whole as they are sent. Verbs never agree with the reader, whose gender is not known. */
export const hi: BookingTexts = {
  letters: {
    confirmed: {
      subject: 'आपकी मीटिंग तय हो गई है: {{short_topic}}',
      intro: 'आपकी मीटिंग तय हो गई है। मीटिंग का विवरण नीचे दिया गया है:',
    },
    changed: {
      subject: 'आपकी मीटिंग में बदलाव हुआ है: {{short_topic}}',
      intro: 'आपकी मीटिंग में बदलाव हुआ है। मीटिंग का नया विवरण नीचे दिया गया है:',
    },
    cancelled: {
      subject: 'आपकी मीटिंग रद्द कर दी गई है: {{short_topic}}',
      intro: 'आपकी मीटिंग रद्द कर दी गई है और अब नहीं होगी। रद्द की गई मीटिंग का विवरण नीचे दिया गया है:',
    },
    day: {
      subject: 'आपकी मीटिंग की याद दिलाने के लिए: {{short_topic}}',
      intro: 'यह संदेश आपकी आने वाली मीटिंग की याद दिलाने के लिए है। मीटिंग का विवरण नीचे दिया गया है:',
    },
    hour: {
      subject: 'आपकी मीटिंग जल्द शुरू होगी: {{short_topic}}',
      intro: 'आपकी मीटिंग जल्द शुरू होगी। मीटिंग का विवरण नीचे दिया गया है:',
    },
  },
  details: {
    topic: 'विषय: {{topic}}',
    time: 'समय: {{time}}',
    host: 'किनके साथ: {{host}}',
    link: 'मीटिंग से जुड़ने का लिंक: {{join_url}}',
    place: 'स्थान: {{place}}',
    reason: 'कारण: {{reason}}',
  },
  linkFollows: 'मीटिंग से जुड़ने का लिंक आपको एक अलग संदेश में भेजा जाएगा।',
  reschedule: 'दूसरा समय चुनने के लिए कृपया यह लिंक खोलें:\n{{reschedule_url}}',
  cancel: 'मीटिंग रद्द करने के लिए कृपया यह लिंक खोलें:\n{{cancel_url}}',
  anyTopic: 'मीटिंग',
};
