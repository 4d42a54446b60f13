/**
 * Words by which a message promises something, lower case. Those of `discount` may stand in a message whose discount
 * was decided; what `never` lists is never decided by a rule, so no message may promise it. Over-careful on purpose: a
 * text refused by mistake costs a fallback, a promise let through costs money and trust.
 */
export const OFFER_WORDS = {
  discount: words(
    String.raw`discount(?:s|ed)?`,
    ...['छूट', 'डिस्काउंट', 'ऑफ़र', 'ऑफर'],
    ...['தள்ளுபடி', 'சலுகை', 'டிஸ்கவுண்ட்'],
    ...['తగ్గింపు', 'డిస్కౌంట్', 'రాయితీ', 'ఆఫర్'],
    ...['ছাড়(?!া|ত|ি|ু)', 'ডিসকাউন্ট', 'অফার'],
  ),
  never: words(
    String.raw`coupons?|vouchers?|cash\s?backs?|promo(?:tion)?\s?codes?|gifts?|refund(?:s|ed)?|reimburs\w*|compensat\w*`,
    String.raw`(?:store |account )?credits?|bonus(?:es)?|reward(?:s)? points?|half[- ](?:price|off)|money back|waive[ds]?`,
    String.raw`(?<!feel )free|complimentary|buy one|bogo|flat \d+|\d+ off|at no (?:cost|charge)`,
    ...['कूपन', 'वाउचर', 'कैशबैक', 'मुफ़्त', 'मुफ्त', 'फ़्री', 'फ्री', 'निःशुल्क', 'नि:शुल्क', 'रिफ़ंड', 'रिफंड'],
    ...['धनवापसी', 'पैसे वापस', 'उपहार', 'गिफ्ट', 'मुआवज़ा', 'मुआवजा', 'बोनस', 'आधी कीमत', 'आधे दाम'],
    ...['கூப்பன்', 'வவுச்சர்', 'கேஷ்பேக்', 'இலவச', 'பரிசு', 'இழப்பீடு', 'ரீஃபண்ட்', 'பணம் திரும்ப', 'பணத்தைத் திரும்ப'],
    ...['பணத்தை திரும்ப', 'போனஸ்', 'பாதி விலை'],
    ...['కూపన్', 'వోచర్', 'క్యాష్‌బ్యాక్', 'ఉచిత', 'బహుమతి', 'పరిహారం', 'రీఫండ్', 'డబ్బు వాపస్', 'డబ్బు తిరిగి', 'బోనస్', 'సగం ధర'],
    ...['কুপন', 'ভাউচার', 'ক্যাশব্যাক', 'বিনামূল্য', 'বিনা মূল্য', 'ফ্রি', 'উপহার', 'ক্ষতিপূরণ', 'রিফান্ড', 'টাকা ফেরত'],
    ...['ফেরত দেব', 'বোনাস', 'অর্ধেক দাম'],
  ),
  /** A message without marketing opt-in may not invite anyone to buy. */
  promotion: words(
    String.raw`(?:shop|buy|order) now|new (?:arrivals?|collections?|products?)|latest (?:products?|collections?)|sales?`,
    String.raw`limited[- ]time|exclusive|promotions?|special price|bargains?|offers?`,
    ...['खरीदारी करें', 'अभी खरीदें', 'नए उत्पाद', 'नया संग्रह', 'विशेष मूल्य', 'सेल'],
    ...['இப்போதே வாங்க', 'புதிய பொருட்கள்', 'புதிய தயாரிப்பு', 'சிறப்பு விலை'],
    ...['ఇప్పుడే కొన', 'కొత్త ఉత్పత్తు', 'ప్రత్యేక ధర'],
    ...['এখনই কিনুন', 'নতুন পণ্য', 'নতুন সংগ্রহ', 'বিশেষ মূল্য', 'সেল'],
  ),
};

export const PERCENT = String.raw`%|٪|‰|\bper\s?cent(?:s|age)?\b|\bpct\b|प्रतिशत|फ़ीसदी|फीसदी|சதவீத|சதவிகித|விழுக்காடு|శాతం|శాతము|শতাংশ`;

/** Money in any form: a currency sign, or a currency's name. */
export const PRICE = new RegExp(
  String.raw`\p{Sc}|(?<![\p{L}\p{M}])(?:rs|inr|usd|eur|gbp|aed|sgd|aud|bdt|dollars?|rupees?|euros?|dirhams?|taka|रुपय|रुपए|रुपये|रुपयों|रु|ரூபாய்|ரூ|రూపాయ|రూ|টাকা)(?![a-z])`.normalize(
    'NFKC',
  ),
  'iu',
);

/** Whole words in Latin script; stems in the others, since they carry endings. */
function words(...patterns: string[]): RegExp {
  // A zero-width joiner is not seen by the reader, nor by the checks, which take it out.
  const source = patterns
    .map((pattern) => (/[a-z]/.test(pattern) ? `(?:${pattern})(?![a-z])` : pattern.replaceAll(/[\u200c\u200d]/g, '')))
    .join('|');
  return new RegExp(String.raw`(?<![\p{L}\p{M}])(?:${source})`.normalize('NFKC'), 'iu');
}
