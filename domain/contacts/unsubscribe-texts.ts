import type { Purpose } from '../contracts/contacts.ts';
import type { Channel } from '../contracts/interventions.ts';
import type { TextLanguage } from '../follow-ups/texts/follow-up-texts.ts';

/**
 * What is said about leaving, in mails and on the page of their link. Labels and values stand apart, so that no grammar
 * depends on them; verbs never agree with the contact, whose gender is not known.
 */
export interface UnsubscribeTexts {
  /** The last line of a mail, before the link. */
  footer: string;
  question: string;
  /** Before the list of what is asked about. */
  wouldStop: string;
  button: string;
  done: string;
  /** Before the list of what has ended. */
  stopped: string;
  nothingMore: string;
  labels: { messages: string; by: string };
  purposes: Record<Purpose | 'all', string>;
  channels: Record<Channel | 'all', string>;
}

export const UNSUBSCRIBE_TEXTS: Record<TextLanguage, UnsubscribeTexts> = {
  en: {
    footer: 'You no longer want such mails?',
    question: 'Stop these messages?',
    wouldStop: 'If you unsubscribe, we no longer send you:',
    button: 'Unsubscribe',
    done: 'You are unsubscribed',
    stopped: 'We no longer send you:',
    nothingMore: 'There is nothing more to do. You can close this page.',
    labels: { messages: 'Messages', by: 'Sent by' },
    purposes: {
      promotion: 'Offers and other promotion',
      service: 'Messages about our service, such as reminders',
      all: 'All messages',
    },
    channels: {
      email: 'Email',
      telegram: 'Telegram',
      phone: 'Phone call',
      sms: 'SMS',
      in_app: 'The application',
      whatsapp: 'WhatsApp',
      all: 'Any way',
    },
  },
  hi: {
    footer: 'ऐसे ईमेल नहीं चाहिए?',
    question: 'क्या ये संदेश बंद किए जाएँ?',
    wouldStop: 'बंद करने पर हम आपको ये नहीं भेजेंगे:',
    button: 'संदेश बंद करें',
    done: 'संदेश बंद कर दिए गए हैं',
    stopped: 'अब हम आपको ये नहीं भेजेंगे:',
    nothingMore: 'और कुछ करने की आवश्यकता नहीं है। यह पेज बंद किया जा सकता है।',
    labels: { messages: 'संदेश', by: 'माध्यम' },
    purposes: {
      promotion: 'ऑफ़र और अन्य प्रचार संदेश',
      service: 'सेवा से जुड़े संदेश, जैसे रिमाइंडर',
      all: 'सभी संदेश',
    },
    channels: {
      email: 'ईमेल',
      telegram: 'टेलीग्राम',
      phone: 'फ़ोन कॉल',
      sms: 'एसएमएस',
      in_app: 'ऐप',
      whatsapp: 'व्हाट्सऐप',
      all: 'सभी माध्यम',
    },
  },
  ta: {
    footer: 'இத்தகைய மின்னஞ்சல்கள் வேண்டாமா?',
    question: 'இந்தச் செய்திகளை நிறுத்த வேண்டுமா?',
    wouldStop: 'நிறுத்தினால், இவற்றை உங்களுக்கு அனுப்ப மாட்டோம்:',
    button: 'செய்திகளை நிறுத்தவும்',
    done: 'செய்திகள் நிறுத்தப்பட்டன',
    stopped: 'இனி இவற்றை உங்களுக்கு அனுப்ப மாட்டோம்:',
    nothingMore: 'வேறு எதுவும் செய்ய வேண்டியதில்லை. இந்தப் பக்கத்தை மூடலாம்.',
    labels: { messages: 'செய்திகள்', by: 'வழி' },
    purposes: {
      promotion: 'சலுகைகள் மற்றும் பிற விளம்பரச் செய்திகள்',
      service: 'நினைவூட்டல்கள் போன்ற சேவைச் செய்திகள்',
      all: 'எல்லாச் செய்திகளும்',
    },
    channels: {
      email: 'மின்னஞ்சல்',
      telegram: 'டெலிகிராம்',
      phone: 'தொலைபேசி அழைப்பு',
      sms: 'எஸ்எம்எஸ்',
      in_app: 'செயலி',
      whatsapp: 'வாட்ஸ்அப்',
      all: 'எல்லா வழிகளும்',
    },
  },
  te: {
    footer: 'ఇలాంటి ఈమెయిల్‌లు వద్దా?',
    question: 'ఈ సందేశాలను ఆపాలా?',
    wouldStop: 'ఆపితే, వీటిని మీకు ఇకపై పంపము:',
    button: 'సందేశాలను ఆపండి',
    done: 'సందేశాలను ఆపాము',
    stopped: 'ఇకపై వీటిని మీకు పంపము:',
    nothingMore: 'ఇంకేమీ చేయనవసరం లేదు. ఈ పేజీని మూసివేయవచ్చు.',
    labels: { messages: 'సందేశాలు', by: 'మార్గం' },
    purposes: {
      promotion: 'ఆఫర్లు, ఇతర ప్రచార సందేశాలు',
      service: 'రిమైండర్ల వంటి సేవా సందేశాలు',
      all: 'అన్ని సందేశాలు',
    },
    channels: {
      email: 'ఈమెయిల్',
      telegram: 'టెలిగ్రామ్',
      phone: 'ఫోన్ కాల్',
      sms: 'ఎస్ఎంఎస్',
      in_app: 'యాప్',
      whatsapp: 'వాట్సాప్',
      all: 'అన్ని మార్గాలు',
    },
  },
  bn: {
    footer: 'এমন ইমেল আর চান না?',
    question: 'এই বার্তাগুলি বন্ধ করবেন?',
    wouldStop: 'বন্ধ করলে আমরা আপনাকে এগুলি আর পাঠাব না:',
    button: 'বার্তা বন্ধ করুন',
    done: 'বার্তা বন্ধ করা হয়েছে',
    stopped: 'আমরা আপনাকে এগুলি আর পাঠাব না:',
    nothingMore: 'আর কিছু করতে হবে না। এই পাতাটি বন্ধ করতে পারেন।',
    labels: { messages: 'বার্তা', by: 'মাধ্যম' },
    purposes: {
      promotion: 'অফার ও অন্যান্য প্রচারমূলক বার্তা',
      service: 'পরিষেবার বার্তা, যেমন রিমাইন্ডার',
      all: 'সব বার্তা',
    },
    channels: {
      email: 'ইমেল',
      telegram: 'টেলিগ্রাম',
      phone: 'ফোন কল',
      sms: 'এসএমএস',
      in_app: 'অ্যাপ',
      whatsapp: 'হোয়াটসঅ্যাপ',
      all: 'সব মাধ্যম',
    },
  },
};
