import type { FollowUpTexts } from './follow-up-texts.ts';

/** English texts, whole as they are sent. */
export const en: FollowUpTexts = {
  salutation: { named: 'Dear {{name}},', unnamed: 'Dear customer,' },
  closing: 'Kind regards,\n{{sender}}',
  smsClosing: '– {{sender}}',
  callHeading: { named: 'Call note: {{name}}', unnamed: 'Call note (the name is not known)' },
  sender: 'Customer care',
  anySubject: 'A message for you',
  types: {
    follow_up: {
      subject: 'Is there anything else we can do for you?',
      body: 'We would like to make sure that you have everything you need.\n\nIf you have a question, or if there is anything we can help with, please reply to this message. We will gladly help.',
      sms: 'We would like to make sure that you have everything you need. If you have a question or need help, please let us know.',
      callNote:
        'Please call the customer. Ask whether they have everything they need, and whether there is anything else we can help with.',
    },
    reminder: {
      subject: 'A friendly reminder',
      body: 'This is a friendly reminder of what we agreed with you.\n\nIf you have already taken care of it, there is nothing more to do. If anything is unclear, or if you need more time, please reply to this message and tell us.',
      sms: 'This is a friendly reminder of what we agreed with you. If anything is unclear, or if you need more time, please let us know.',
      callNote:
        'Please call the customer and kindly remind them of what was agreed. Ask whether anything is unclear, and whether they need more time.',
    },
    check_in: {
      subject: 'How is our service for you?',
      body: 'We would like to know how you are getting on with our service.\n\nIf something is not working as it should, or if there is something we could do better, please reply to this message and tell us. Your opinion matters to us.',
      sms: 'We would like to know how you are getting on with our service. If something is not working as it should, please let us know.',
      callNote: 'Please call the customer. Ask how they are getting on with our service, and what we could do better.',
    },
    nurture: {
      subject: 'Thank you for your trust',
      body: 'Thank you for being our customer. We value your trust very much.\n\nIf you are looking for something, we will gladly help you find what suits you. Simply reply to this message and tell us what you need.',
      sms: 'Thank you for being our customer. If you are looking for something, please let us know; we will gladly help.',
      callNote:
        'Please call the customer and thank them for their trust. Ask whether they are looking for something, and how we can help.',
    },
  },
};
