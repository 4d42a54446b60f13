import type { TextLanguage } from '../follow-ups/texts/follow-up-texts.ts';

/**
 * What the pages say that the links of a booking's mails open. Topics, times and links stand apart, so that no grammar depends on
 * them; verbs never agree with the reader, whose gender is not known.
 */
export interface BookingPageTexts {
  cancel: { question: string; button: string; done: string };
  move: {
    /** Above the times to choose from. */
    choose: string;
    button: string;
    done: string;
    /** There is no time to choose from. */
    noTimes: string;
    /** Somebody else was faster. */
    taken: string;
    /** None was chosen, or one that cannot be had. */
    missing: string;
  };
  /** On the page to cancel: leads to the one to reschedule. */
  chooseAnother: string;
  nothingMore: string;
  /** What is wrong with the link. */
  expired: string;
  /** On the page of one that has expired. */
  newerLink: string;
  isOver: string;
  isCancelled: string;
  /** It was asked for, and could not be done at once. */
  notYet: { heading: string; advice: string };
  labels: { topic: string; time: string; host: string; reason: string };
}

export const BOOKING_PAGE_TEXTS: Record<TextLanguage, BookingPageTexts> = {
  en: {
    cancel: {
      question: 'Do you want to cancel this meeting?',
      button: 'Cancel the meeting',
      done: 'The meeting has been cancelled',
    },
    move: {
      choose: 'Choose another time for this meeting',
      button: 'Move the meeting',
      done: 'The meeting has been moved',
      noTimes: 'There is no other free time at the moment. The meeting stays as it is.',
      taken: 'Somebody else has just taken that time. Please choose another one.',
      missing: 'Please choose one of these times.',
    },
    chooseAnother: 'Choose another time instead',
    nothingMore: 'There is nothing more to do. You can close this page.',
    expired: 'This link has expired',
    newerLink: 'If the meeting has been moved, please use the link in the newest message.',
    isOver: 'This meeting is over',
    isCancelled: 'This meeting has been cancelled already',
    notYet: {
      heading: 'That did not work yet',
      advice: 'Nothing has changed yet. Please open this link again in a few minutes.',
    },
    labels: { topic: 'Topic', time: 'Time', host: 'With', reason: 'Reason (optional)' },
  },
  hi: {
    cancel: {
      question: 'क्या यह मीटिंग रद्द की जाए?',
      button: 'मीटिंग रद्द करें',
      done: 'मीटिंग रद्द कर दी गई है',
    },
    move: {
      choose: 'इस मीटिंग के लिए दूसरा समय चुनें',
      button: 'मीटिंग का समय बदलें',
      done: 'मीटिंग का समय बदल दिया गया है',
      noTimes: 'अभी कोई दूसरा समय खाली नहीं है। मीटिंग का समय वही रहेगा।',
      taken: 'वह समय अभी-अभी किसी और ने ले लिया है। कृपया दूसरा समय चुनें।',
      missing: 'कृपया इनमें से कोई समय चुनें।',
    },
    chooseAnother: 'इसके बजाय दूसरा समय चुनें',
    nothingMore: 'और कुछ करने की आवश्यकता नहीं है। यह पेज बंद किया जा सकता है।',
    expired: 'इस लिंक की समय-सीमा समाप्त हो गई है',
    newerLink: 'यदि मीटिंग का समय बदला गया है, तो कृपया सबसे नए संदेश का लिंक खोलें।',
    isOver: 'यह मीटिंग समाप्त हो चुकी है',
    isCancelled: 'यह मीटिंग पहले ही रद्द की जा चुकी है',
    notYet: { heading: 'अभी तक यह नहीं हो पाया', advice: 'अभी कुछ नहीं बदला है। कृपया कुछ मिनट बाद यह लिंक फिर खोलें।' },
    labels: { topic: 'विषय', time: 'समय', host: 'किनके साथ', reason: 'कारण (वैकल्पिक)' },
  },
  ta: {
    cancel: {
      question: 'இந்தச் சந்திப்பை ரத்து செய்ய வேண்டுமா?',
      button: 'சந்திப்பை ரத்து செய்யவும்',
      done: 'சந்திப்பு ரத்து செய்யப்பட்டது',
    },
    move: {
      choose: 'இந்தச் சந்திப்புக்கு வேறு நேரத்தைத் தேர்ந்தெடுக்கவும்',
      button: 'சந்திப்பின் நேரத்தை மாற்றவும்',
      done: 'சந்திப்பின் நேரம் மாற்றப்பட்டது',
      noTimes: 'தற்போது காலியான வேறு நேரம் எதுவும் இல்லை. சந்திப்பின் நேரம் மாறவில்லை.',
      taken: 'அந்த நேரத்தை இப்போதுதான் வேறொருவர் எடுத்துக்கொண்டார். தயவுசெய்து வேறு நேரத்தைத் தேர்ந்தெடுக்கவும்.',
      missing: 'தயவுசெய்து இந்த நேரங்களில் ஒன்றைத் தேர்ந்தெடுக்கவும்.',
    },
    chooseAnother: 'அதற்குப் பதிலாக வேறு நேரத்தைத் தேர்ந்தெடுக்கவும்',
    nothingMore: 'வேறு எதுவும் செய்ய வேண்டியதில்லை. இந்தப் பக்கத்தை மூடலாம்.',
    expired: 'இந்த இணைப்பு காலாவதியாகிவிட்டது',
    newerLink: 'சந்திப்பின் நேரம் மாற்றப்பட்டிருந்தால், மிகச் சமீபத்திய செய்தியில் உள்ள இணைப்பைப் பயன்படுத்தவும்.',
    isOver: 'இந்தச் சந்திப்பு முடிந்துவிட்டது',
    isCancelled: 'இந்தச் சந்திப்பு ஏற்கனவே ரத்து செய்யப்பட்டது',
    notYet: {
      heading: 'இது இன்னும் நிறைவேறவில்லை',
      advice: 'இதுவரை எதுவும் மாறவில்லை. சில நிமிடங்களுக்குப் பிறகு இந்த இணைப்பை மீண்டும் திறக்கவும்.',
    },
    labels: { topic: 'தலைப்பு', time: 'நேரம்', host: 'யாருடன்', reason: 'காரணம் (விருப்பத்திற்குரியது)' },
  },
  te: {
    cancel: {
      question: 'ఈ సమావేశాన్ని రద్దు చేయాలా?',
      button: 'సమావేశాన్ని రద్దు చేయండి',
      done: 'సమావేశం రద్దయింది',
    },
    move: {
      choose: 'ఈ సమావేశానికి మరో సమయాన్ని ఎంచుకోండి',
      button: 'సమావేశం సమయాన్ని మార్చండి',
      done: 'సమావేశం సమయం మారింది',
      noTimes: 'ప్రస్తుతం మరో ఖాళీ సమయం ఏదీ లేదు. సమావేశం సమయం మారలేదు.',
      taken: 'ఆ సమయాన్ని ఇప్పుడే మరొకరు తీసుకున్నారు. దయచేసి మరో సమయాన్ని ఎంచుకోండి.',
      missing: 'దయచేసి ఈ సమయాల్లో ఒకదాన్ని ఎంచుకోండి.',
    },
    chooseAnother: 'దానికి బదులుగా మరో సమయాన్ని ఎంచుకోండి',
    nothingMore: 'ఇంకేమీ చేయనవసరం లేదు. ఈ పేజీని మూసివేయవచ్చు.',
    expired: 'ఈ లింక్ గడువు ముగిసింది',
    newerLink: 'సమావేశం సమయం మారి ఉంటే, దయచేసి అన్నిటికంటే కొత్త సందేశంలోని లింక్‌ను ఉపయోగించండి.',
    isOver: 'ఈ సమావేశం ముగిసింది',
    isCancelled: 'ఈ సమావేశం ఇప్పటికే రద్దయింది',
    notYet: { heading: 'ఇది ఇంకా పూర్తి కాలేదు', advice: 'ఇప్పటివరకు ఏమీ మారలేదు. దయచేసి కొన్ని నిమిషాల తర్వాత ఈ లింక్‌ను మళ్లీ తెరవండి.' },
    labels: { topic: 'విషయం', time: 'సమయం', host: 'ఎవరితో', reason: 'కారణం (ఐచ్ఛికం)' },
  },
  bn: {
    cancel: {
      question: 'এই মিটিংটি বাতিল করবেন?',
      button: 'মিটিং বাতিল করুন',
      done: 'মিটিং বাতিল করা হয়েছে',
    },
    move: {
      choose: 'এই মিটিংয়ের জন্য অন্য সময় বেছে নিন',
      button: 'মিটিংয়ের সময় বদলান',
      done: 'মিটিংয়ের সময় বদলানো হয়েছে',
      noTimes: 'এই মুহূর্তে অন্য কোনো সময় খালি নেই। মিটিংয়ের সময় আগের মতোই থাকছে।',
      taken: 'সেই সময়টি এইমাত্র অন্য কেউ নিয়ে নিয়েছেন। অনুগ্রহ করে অন্য সময় বেছে নিন।',
      missing: 'অনুগ্রহ করে এই সময়গুলির একটি বেছে নিন।',
    },
    chooseAnother: 'তার বদলে অন্য সময় বেছে নিন',
    nothingMore: 'আর কিছু করতে হবে না। এই পাতাটি বন্ধ করতে পারেন।',
    expired: 'এই লিঙ্কের মেয়াদ শেষ হয়ে গেছে',
    newerLink: 'মিটিংয়ের সময় বদলে থাকলে অনুগ্রহ করে সবচেয়ে নতুন বার্তার লিঙ্কটি ব্যবহার করুন।',
    isOver: 'এই মিটিংটি শেষ হয়ে গেছে',
    isCancelled: 'এই মিটিংটি আগেই বাতিল করা হয়েছে',
    notYet: { heading: 'এটি এখনও করা যায়নি', advice: 'এখনও কিছু বদলায়নি। অনুগ্রহ করে কয়েক মিনিট পরে এই লিঙ্কটি আবার খুলুন।' },
    labels: { topic: 'বিষয়', time: 'সময়', host: 'যাঁর সঙ্গে', reason: 'কারণ (ঐচ্ছিক)' },
  },
};
