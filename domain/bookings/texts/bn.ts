import type { BookingTexts } from './booking-texts.ts';

/** Bengali texts, whole as they are sent. Names and topics stand alone, so that no case ending is ever put on them. */
export const bn: BookingTexts = {
  letters: {
    confirmed: {
      subject: 'আপনার মিটিং নিশ্চিত হয়েছে: {{short_topic}}',
      intro: 'আপনার মিটিং নিশ্চিত হয়েছে। মিটিংয়ের বিবরণ নিচে দেওয়া হল:',
    },
    changed: {
      subject: 'আপনার মিটিংয়ে পরিবর্তন হয়েছে: {{short_topic}}',
      intro: 'আপনার মিটিংয়ে পরিবর্তন হয়েছে। মিটিংয়ের নতুন বিবরণ নিচে দেওয়া হল:',
    },
    cancelled: {
      subject: 'আপনার মিটিং বাতিল করা হয়েছে: {{short_topic}}',
      intro: 'আপনার মিটিং বাতিল করা হয়েছে এবং আর হবে না। বাতিল হওয়া মিটিংয়ের বিবরণ নিচে দেওয়া হল:',
    },
    day: {
      subject: 'আপনার মিটিংয়ের কথা মনে করিয়ে দিতে: {{short_topic}}',
      intro: 'আপনার আসন্ন মিটিংয়ের কথা মনে করিয়ে দিতেই এই বার্তা। মিটিংয়ের বিবরণ নিচে দেওয়া হল:',
    },
    hour: {
      subject: 'আপনার মিটিং শীঘ্রই শুরু হবে: {{short_topic}}',
      intro: 'আপনার মিটিং শীঘ্রই শুরু হবে। মিটিংয়ের বিবরণ নিচে দেওয়া হল:',
    },
  },
  details: {
    topic: 'বিষয়: {{topic}}',
    time: 'সময়: {{time}}',
    host: 'যাঁর সঙ্গে: {{host}}',
    link: 'মিটিংয়ে যোগ দেওয়ার লিঙ্ক: {{join_url}}',
    place: 'স্থান: {{place}}',
    reason: 'কারণ: {{reason}}',
  },
  linkFollows: 'মিটিংয়ে যোগ দেওয়ার লিঙ্ক আপনাকে আলাদা একটি বার্তায় পাঠানো হবে।',
  reschedule: 'অন্য সময় বেছে নিতে অনুগ্রহ করে এই লিঙ্কটি খুলুন:\n{{reschedule_url}}',
  cancel: 'মিটিং বাতিল করতে অনুগ্রহ করে এই লিঙ্কটি খুলুন:\n{{cancel_url}}',
  anyTopic: 'মিটিং',
};
