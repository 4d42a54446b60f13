import type { SlotTexts } from './slot-texts.ts';

/** Bengali texts, whole as they are sent. */
export const bn: SlotTexts = {
  none: 'দুঃখিত, এই মুহূর্তে কোনো সময় খালি নেই। অনুগ্রহ করে পরে আবার জিজ্ঞাসা করুন।',
  one: 'এই সময়টি খালি আছে ({{zone}}):\n{{times}}\nএই সময়টি কি আপনার পক্ষে সুবিধাজনক হবে?',
  several: 'এই সময়গুলি খালি আছে ({{zone}}):\n{{times}}\nকোন সময়টি আপনার পক্ষে সবচেয়ে সুবিধাজনক হবে?',
};
