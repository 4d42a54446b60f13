import type { BookingTexts } from './booking-texts.ts';

/** English texts, whole as they are sent. */
export const en: BookingTexts = {
  letters: {
    confirmed: {
      subject: 'Your meeting is confirmed: {{short_topic}}',
      intro: 'Your meeting is confirmed. These are the details:',
    },
    changed: {
      subject: 'Your meeting has been changed: {{short_topic}}',
      intro: 'Your meeting has been changed. These are the details that apply now:',
    },
    cancelled: {
      subject: 'Your meeting has been cancelled: {{short_topic}}',
      intro: 'Your meeting has been cancelled. It will not take place. It was this one:',
    },
    day: {
      subject: 'A reminder of your meeting: {{short_topic}}',
      intro: 'This is a friendly reminder of your coming meeting:',
    },
    hour: {
      subject: 'Your meeting begins soon: {{short_topic}}',
      intro: 'Your meeting begins soon. These are the details:',
    },
  },
  details: {
    topic: 'Topic: {{topic}}',
    time: 'Time: {{time}}',
    host: 'With: {{host}}',
    link: 'Link to join: {{join_url}}',
    place: 'Place: {{place}}',
    reason: 'Reason: {{reason}}',
  },
  linkFollows: 'You will receive the link to join the meeting in a separate message.',
  reschedule: 'To choose another time, please open this link:\n{{reschedule_url}}',
  cancel: 'To cancel the meeting, please open this link:\n{{cancel_url}}',
  anyTopic: 'Meeting',
};
