import type { MessageTexts } from './message-texts.ts';

/** English texts, whole as they are sent. */
export const en: MessageTexts = {
  salutation: { named: 'Dear {name},', unnamed: 'Dear customer,' },
  closing: 'Kind regards,\n{sender}',
  smsClosing: '– {sender}',
  callHeading: { named: 'Call note: {name}', unnamed: 'Call note (the name is not known)' },
  sender: 'Customer care',
  situations: {
    bad_support: {
      plain: {
        subject: 'We are sorry about the support you received',
        body: 'You came to us for help, and we did not give you the help you should have had. We are sorry for that.\n\nIf anything is still unsolved, please reply to this message and tell us what you need. A member of our team will read your reply and help you.',
      },
      offer: {
        subject: 'We are sorry about the support you received',
        body: 'You came to us for help, and we did not give you the help you should have had. We are sorry for that.\n\nIf anything is still unsolved, please reply to this message and tell us what you need. A member of our team will read your reply and help you.\n\nAs an apology, we would like to give you a discount of {discount} on your next order. To use it, simply mention it in your reply.',
      },
      sms: {
        plain:
          'We are sorry that you did not get the help you should have had from us. If anything is still unsolved, please let us know.',
        offer:
          'We are sorry that you did not get the help you should have had from us. You have a discount of {discount} on your next order; please contact us to use it.',
      },
      callNote: {
        plain:
          'Please call the customer about the support they received. Apologise, listen to what went wrong, and ask what is still unsolved.',
        offer:
          'Please call the customer about the support they received. Apologise, listen to what went wrong, and ask what is still unsolved. You may mention a discount of {discount} on the next order; please promise nothing beyond it.',
      },
    },
    payment_failure: {
      plain: {
        subject: 'Your payment did not go through',
        body: 'A recent payment of yours did not go through. We are sorry for the inconvenience.\n\nPlease check that your payment details are up to date, or try another way to pay. If you need help, reply to this message and we will help you. For your safety, please do not send us card numbers or passwords.',
      },
      offer: {
        subject: 'Your payment did not go through',
        body: 'A recent payment of yours did not go through. We are sorry for the inconvenience.\n\nPlease check that your payment details are up to date, or try another way to pay. If you need help, reply to this message and we will help you. For your safety, please do not send us card numbers or passwords.\n\nTo thank you for your patience, we would like to give you a discount of {discount} on your next order. To use it, simply mention it in your reply.',
      },
      sms: {
        plain:
          'A recent payment of yours did not go through. We are sorry for the inconvenience. If you need help, please contact us.',
        offer:
          'A recent payment of yours did not go through. We are sorry for the inconvenience. You have a discount of {discount} on your next order; please contact us to use it.',
      },
      callNote: {
        plain:
          'Please call the customer about a payment that did not go through. Ask whether they need help with another way to pay, and do not ask for card numbers or passwords.',
        offer:
          'Please call the customer about a payment that did not go through. Ask whether they need help with another way to pay, and do not ask for card numbers or passwords. You may mention a discount of {discount} on the next order; please promise nothing beyond it.',
      },
    },
    late_delivery: {
      plain: {
        subject: 'We are sorry about your late delivery',
        body: 'Your delivery took longer than we had promised. You trusted us with your order, and we should have done better. We are sorry for the delay.\n\nIf something is missing or is not as it should be, please reply to this message and we will help you put it right.',
      },
      offer: {
        subject: 'We are sorry about your late delivery',
        body: 'Your delivery took longer than we had promised. You trusted us with your order, and we should have done better. We are sorry for the delay.\n\nIf something is missing or is not as it should be, please reply to this message and we will help you put it right.\n\nTo make up for the delay, we would like to give you a discount of {discount} on your next order. To use it, simply mention it in your reply.',
      },
      sms: {
        plain:
          'We are sorry that your delivery took longer than we had promised. If something is not as it should be, please let us know.',
        offer:
          'We are sorry that your delivery took longer than we had promised. You have a discount of {discount} on your next order; please contact us to use it.',
      },
      callNote: {
        plain:
          'Please call the customer about a late delivery. Apologise for the delay, and ask whether everything has arrived as it should.',
        offer:
          'Please call the customer about a late delivery. Apologise for the delay, and ask whether everything has arrived as it should. You may mention a discount of {discount} on the next order; please promise nothing beyond it.',
      },
    },
    inactive: {
      service: {
        subject: 'Is everything all right with your account?',
        body: 'It has been a while since you last used your account with us, and we want to be sure that everything works as it should.\n\nIf you had any difficulty, or if there is something we can do for you, please reply to this message. We will gladly help.',
      },
      plain: {
        subject: 'We would be happy to see you again',
        body: 'It has been a while since we last saw you, and we would be happy to welcome you back.\n\nDo have another look when it suits you. If something kept you away, please tell us by replying to this message; we would like to put it right.',
      },
      offer: {
        subject: 'Welcome back with a discount of {discount}',
        body: 'It has been a while since we last saw you, and we would be happy to welcome you back.\n\nTo make your return a little easier, we would like to give you a discount of {discount} on your next order. To use it, simply reply to this message.\n\nIf something kept you away, please tell us as well; we would like to put it right.',
      },
      sms: {
        plain:
          'It has been a while since you last used your account with us. If you had any difficulty, please let us know and we will gladly help.',
        offer:
          'It has been a while since we last saw you. You have a discount of {discount} on your next order; please contact us to use it.',
      },
      callNote: {
        plain:
          'Please call the customer, who has not used their account for a while. Ask whether they had any difficulty, and how we can help.',
        offer:
          'Please call the customer, who has not used their account for a while. Ask whether they had any difficulty, and how we can help. You may mention a discount of {discount} on the next order; please promise nothing beyond it.',
      },
    },
    spending_down: {
      service: {
        subject: 'Are we serving you well?',
        body: 'You have been ordering less from us than before, and we would like to know what we can improve in our service.\n\nIf anything has not gone as it should, please reply to this message. We will do our best to put it right.',
      },
      plain: {
        subject: 'What can we do better for you?',
        body: 'You have been ordering less from us than before. Your opinion matters a great deal to us.\n\nPlease reply to this message and tell us what you need, or what we could do better. We will also gladly help you choose what is right for you.',
      },
      offer: {
        subject: 'A discount of {discount} on your next order',
        body: 'You have been ordering less from us than before, and we would like to win back your trust.\n\nWe would like to give you a discount of {discount} on your next order. To use it, simply reply to this message.\n\nIf there is something we could do better, please tell us as well. Your opinion matters a great deal to us.',
      },
      sms: {
        plain:
          'You have been ordering less from us than before. If anything has not gone as it should, please let us know.',
        offer:
          'We would like to win back your trust. You have a discount of {discount} on your next order; please contact us to use it.',
      },
      callNote: {
        plain:
          'Please call the customer, who has been ordering less than before. Ask whether anything has not gone as it should, and what we could do better.',
        offer:
          'Please call the customer, who has been ordering less than before. Ask whether anything has not gone as it should, and what we could do better. You may mention a discount of {discount} on the next order; please promise nothing beyond it.',
      },
    },
    general: {
      service: {
        subject: 'How is our service for you?',
        body: 'We want to be sure that you have no difficulty with our service.\n\nIf you have a question, or if something is not working as it should, please reply to this message. We will gladly help.',
      },
      plain: {
        subject: 'Thank you for being with us',
        body: 'Thank you for being our customer. We value your trust very much.\n\nIf you are looking for something, or if there is something we could do better, please reply to this message and tell us.',
      },
      offer: {
        subject: 'A thank-you: a discount of {discount}',
        body: 'Thank you for being our customer. We value your trust very much.\n\nAs a thank-you, we would like to give you a discount of {discount} on your next order. To use it, simply reply to this message.\n\nIf there is something we could do better, please tell us as well.',
      },
      sms: {
        plain: 'Thank you for being our customer. If you have a question or need help, please let us know.',
        offer:
          'Thank you for being our customer. You have a discount of {discount} on your next order; please contact us to use it.',
      },
      callNote: {
        plain:
          'Please call the customer and thank them for their trust. Ask whether they are happy with our service, and what we could do better.',
        offer:
          'Please call the customer and thank them for their trust. Ask whether they are happy with our service, and what we could do better. You may mention a discount of {discount} on the next order; please promise nothing beyond it.',
      },
    },
  },
  festivals: {
    new_year: 'We wish you and your family a happy New Year.',
    makar_sankranti: 'We wish you and your family a happy Makar Sankranti.',
    pongal: 'We wish you and your family a happy Pongal.',
    holi: 'We wish you and your family a happy Holi.',
    eid_al_fitr: 'We wish you and your family a blessed Eid.',
    ugadi: 'We wish you and your family a happy Ugadi.',
    puthandu: 'We wish you and your family a happy Tamil New Year.',
    pohela_boishakh: 'We wish you and your family a happy Bengali New Year.',
    onam: 'We wish you and your family a happy Onam.',
    durga_puja: 'We wish you and your family a joyful Durga Puja.',
    diwali: 'We wish you and your family a happy Diwali.',
    christmas: 'We wish you and your family a merry Christmas.',
  },
};
