import type { BookingTexts } from './booking-texts.ts';

/** Telugu texts, whole as they are sent. Names and topics stand alone, so that no case ending is ever put on them. */
export const te: BookingTexts = {
  letters: {
    confirmed: {
      subject: 'మీ సమావేశం ఖరారైంది: {{short_topic}}',
      intro: 'మీ సమావేశం ఖరారైంది. సమావేశం వివరాలు ఇవి:',
    },
    changed: {
      subject: 'మీ సమావేశంలో మార్పు జరిగింది: {{short_topic}}',
      intro: 'మీ సమావేశంలో మార్పు జరిగింది. సమావేశం కొత్త వివరాలు ఇవి:',
    },
    cancelled: {
      subject: 'మీ సమావేశం రద్దయింది: {{short_topic}}',
      intro: 'మీ సమావేశం రద్దయింది; అది ఇక జరగదు. రద్దయిన సమావేశం వివరాలు ఇవి:',
    },
    day: {
      subject: 'మీ సమావేశాన్ని గుర్తు చేయడానికి: {{short_topic}}',
      intro: 'రాబోయే మీ సమావేశాన్ని గుర్తు చేయడానికి ఈ సందేశం పంపుతున్నాము. సమావేశం వివరాలు ఇవి:',
    },
    hour: {
      subject: 'మీ సమావేశం త్వరలో ప్రారంభమవుతుంది: {{short_topic}}',
      intro: 'మీ సమావేశం త్వరలో ప్రారంభమవుతుంది. సమావేశం వివరాలు ఇవి:',
    },
  },
  details: {
    topic: 'విషయం: {{topic}}',
    time: 'సమయం: {{time}}',
    host: 'ఎవరితో: {{host}}',
    link: 'సమావేశంలో చేరడానికి లింక్: {{join_url}}',
    place: 'స్థలం: {{place}}',
    reason: 'కారణం: {{reason}}',
  },
  linkFollows: 'సమావేశంలో చేరడానికి లింక్‌ను మీకు మరో సందేశంలో పంపుతాము.',
  reschedule: 'మరో సమయాన్ని ఎంచుకోవడానికి దయచేసి ఈ లింక్‌ను తెరవండి:\n{{reschedule_url}}',
  cancel: 'సమావేశాన్ని రద్దు చేయడానికి దయచేసి ఈ లింక్‌ను తెరవండి:\n{{cancel_url}}',
  anyTopic: 'సమావేశం',
};
