/** Words for made-up customers. No name, address or number belongs to anyone. */

// prettier-ignore
export const FIRST_NAMES = [
  'Aarav', 'Aditi', 'Ananya', 'Arjun', 'Bhavna', 'Deepa', 'Devika', 'Farhan', 'Gaurav', 'Harini', 'Ishaan', 'Kavya',
  'Kiran', 'Lakshmi', 'Maya', 'Meera', 'Mohan', 'Neha', 'Nikhil', 'Padma', 'Pooja', 'Priya', 'Rahul', 'Rohan',
  'Sanjay', 'Shreya', 'Sunita', 'Tanvi', 'Uma', 'Vikram', 'Zoya', 'Emma', 'Oliver', 'Grace', 'Daniel', 'Sofia',
];

// prettier-ignore
export const LAST_NAMES = [
  'Agarwal', 'Banerjee', 'Bose', 'Chatterjee', 'Das', 'Desai', 'Fernandes', 'Ghosh', 'Gupta', 'Iyer', 'Jain',
  'Kapoor', 'Khan', 'Krishnan', 'Kulkarni', 'Kumar', 'Mehta', 'Menon', 'Mukherjee', 'Murthy', 'Naidu', 'Nair',
  'Patel', 'Pillai', 'Rao', 'Reddy', 'Sen', 'Shah', 'Sharma', 'Singh', 'Subramanian', 'Varma', 'Walker', 'Bennett',
  'Martin',
];

export const PLACES = [
  ['India', 'Bengaluru'],
  ['India', 'Chennai'],
  ['India', 'Hyderabad'],
  ['India', 'Kolkata'],
  ['India', 'Mumbai'],
  ['India', 'Delhi'],
  ['India', 'Pune'],
  ['India', 'Jaipur'],
  ['Singapore', 'Singapore'],
  ['UAE', 'Dubai'],
  ['UK', 'London'],
  ['USA', 'San Jose'],
] as const;

export const LANGUAGES: readonly (readonly [string, number])[] = [
  ['en', 0.34],
  ['hi', 0.2],
  ['ta', 0.13],
  ['te', 0.12],
  ['bn', 0.12],
  ['mr', 0.04],
  ['gu', 0.03],
  ['fr', 0.02],
];

export const CATEGORIES = ['Beauty', 'Books', 'Electronics', 'Fashion', 'Home & Kitchen', 'Sports', 'Toys'];

export const CHURN_REASONS = ['better_competitor', 'delivery_delay', 'poor_support', 'price', 'product_quality'];

/** What customers write, and how it is resolved, by ticket category. */
export const TICKET_TEXTS = {
  delivery: {
    issues: [
      'My parcel was promised for Friday and it is still not here.',
      'Tracking has said "out for delivery" for three days now.',
      'The courier left the box with a neighbour I do not know.',
      'Half of my order arrived, the other half is missing.',
      'Third late delivery in a row. I needed this for a birthday.',
    ],
    resolutions: [
      'Parcel traced and delivered the next day.',
      'Missing items sent again by express, delivery fee returned.',
    ],
  },
  payment: {
    issues: [
      'I was charged twice for the same order.',
      'My card is declined at checkout although it works elsewhere.',
      'The UPI payment went through but the order shows as unpaid.',
      'The promo code was not applied and I paid the full price.',
    ],
    resolutions: ['Double charge returned to the card.', 'Payment matched to the order by hand; order confirmed.'],
  },
  refund: {
    issues: [
      'I sent the item back two weeks ago and have no refund yet.',
      'The refund is less than what I paid.',
      'I was told five working days. It has been fifteen.',
      'My return was refused without a reason.',
    ],
    resolutions: [
      'Refund issued in full and confirmed by mail.',
      'Return accepted after a second look; refund issued.',
    ],
  },
  product: {
    issues: [
      'The mixer stopped working after a week.',
      'The colour is nothing like the picture.',
      'The shoes are a size too small, although I ordered my usual size.',
      'The screen has a scratch straight out of the box.',
      'The toy came with a broken wheel and my daughter is upset.',
    ],
    resolutions: ['Replacement sent, the faulty item was collected.', 'Exchanged for the right size free of charge.'],
  },
  account: {
    issues: [
      'I cannot sign in, and the reset mail never comes.',
      'My loyalty points have disappeared.',
      'Please change the phone number on my account.',
      'I get far too many mails although I turned them off.',
    ],
    resolutions: ['Access restored after a check of identity.', 'Points restored and the balance confirmed.'],
  },
  other: {
    issues: [
      'Do you still sell gift cards?',
      'The app is slow on my phone and closes by itself.',
      'I would like an invoice with my company name on it.',
      'Nobody answered my last two messages.',
    ],
    resolutions: ['Question answered by mail.', 'Invoice issued again with the details asked for.'],
  },
} as const satisfies Record<string, { issues: readonly string[]; resolutions: readonly string[] }>;

export const TICKET_CATEGORIES = Object.keys(TICKET_TEXTS) as (keyof typeof TICKET_TEXTS)[];

/** What customers write beside an NPS answer, by how it is counted. */
export const NPS_FEEDBACK = {
  promoter: ['Always quick and friendly.', 'Great choice, I tell my friends about you.', 'Never had a problem.'],
  passive: ['Fine, but delivery could be faster.', 'Good products, prices have gone up.', 'Okay overall.'],
  detractor: [
    'Late again.',
    'Support took days to answer.',
    'I found it cheaper elsewhere.',
    'Quality is not what it was.',
  ],
};
