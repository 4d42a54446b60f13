/** Festivals that a message may wish a customer well for. */
export const FESTIVALS = [
  'new_year',
  'makar_sankranti',
  'pongal',
  'holi',
  'eid_al_fitr',
  'ugadi',
  'puthandu',
  'pohela_boishakh',
  'onam',
  'durga_puja',
  'diwali',
  'christmas',
] as const;
export type Festival = (typeof FESTIVALS)[number];

/**
 * Dates in India unless said otherwise. Each lunar and solar date was worked out from the positions of sun and moon
 * (tithi at Indian sunrise or dusk, sidereal solar month, Lahiri) and agrees with the tables of the Python package
 * `holidays` 0.109. A year in which sources differ is left out.
 */
export const FESTIVAL_DATES: Record<Festival, readonly string[]> = {
  new_year: everyYear('01-01'),
  makar_sankranti: ['2025-01-14', '2026-01-14', '2027-01-15', '2028-01-15', '2029-01-14', '2030-01-14'],
  // 2026 and 2030: the sun enters Capricorn in the afternoon, and almanacs differ between 14 and 15 January.
  pongal: ['2025-01-14', '2027-01-15', '2028-01-15', '2029-01-14'],
  // The day of colours, after the night of the full moon.
  holi: ['2025-03-14', '2026-03-04', '2027-03-22', '2028-03-11', '2029-03-01', '2030-03-20'],
  // Umm al-Qura calendar; the sighting of the moon may move it by a day, which the window allows for.
  eid_al_fitr: ['2025-03-30', '2026-03-20', '2027-03-09', '2028-02-26', '2029-02-14', '2030-02-04'],
  ugadi: ['2025-03-30', '2026-03-19', '2027-04-07', '2028-03-27', '2029-04-14', '2030-04-03'],
  puthandu: everyYear('04-14'),
  // Bangladesh's civil date; West Bengal's is the same day or the next.
  pohela_boishakh: everyYear('04-14'),
  onam: ['2025-09-05', '2026-08-26', '2027-09-12', '2028-09-01', '2029-08-22', '2030-09-09'],
  // Maha Ashtami, the middle of the main days.
  durga_puja: ['2025-09-30', '2026-10-19', '2027-10-07', '2028-09-26', '2029-10-14', '2030-10-04'],
  diwali: ['2025-10-20', '2026-11-08', '2027-10-29', '2028-10-17', '2029-11-05', '2030-10-26'],
  christmas: everyYear('12-25'),
};

const DAYS_BEFORE = 7;
const DAYS_AFTER = 3;
const DAY_MS = 86_400_000;

interface Customs {
  language: string | null;
  country: string | null;
}

/**
 * The festival nearest to `now` (ms since the epoch, UTC days) from 7 days before it to 3 after, among those customary
 * where the customer lives or in their language; null when there is none.
 */
export function festivalNear(now: number, customer: Customs): Festival | null {
  const today = Math.floor(now / DAY_MS);
  let nearest: { festival: Festival; distance: number } | null = null;
  for (const festival of FESTIVALS) {
    if (!isCustomary(festival, customer)) continue;
    for (const date of FESTIVAL_DATES[festival]) {
      const day = Date.parse(date) / DAY_MS;
      if (today < day - DAYS_BEFORE || today > day + DAYS_AFTER) continue;
      const distance = Math.abs(today - day);
      if (nearest === null || distance < nearest.distance) nearest = { festival, distance };
    }
  }
  return nearest?.festival ?? null;
}

const BANGLADESH = ['bangladesh', 'bd'];
const GULF_AND_PAKISTAN = ['uae', 'united arab emirates', 'ae', 'saudi arabia', 'sa', 'pakistan', 'pk'];
const CHRISTMAS_COUNTRIES = [
  ...['usa', 'us', 'united states', 'uk', 'gb', 'united kingdom', 'ireland', 'ie', 'canada', 'ca'],
  ...['australia', 'au', 'new zealand', 'nz', 'singapore', 'sg'],
];

/** Languages, or English (or an unknown language) in India; a country alone decides Eid and Christmas. */
function isCustomary(festival: Festival, customer: Customs): boolean {
  const language = customer.language?.toLowerCase().split(/[-_]/)[0] ?? null;
  const country = customer.country?.trim().toLowerCase() ?? '';
  const spoken = (...languages: string[]): boolean => language !== null && languages.includes(language);
  const english = language === null || language === 'en';
  const englishInIndia = english && (country === 'india' || country === 'in');
  switch (festival) {
    case 'new_year':
      return true;
    case 'makar_sankranti':
      return spoken('hi', 'te', 'mr', 'kn');
    case 'pongal':
    case 'puthandu':
      return spoken('ta');
    case 'holi':
      return spoken('hi', 'mr', 'gu') || englishInIndia;
    case 'eid_al_fitr':
      return GULF_AND_PAKISTAN.includes(country) || BANGLADESH.includes(country) || spoken('ur', 'ar');
    case 'ugadi':
      return spoken('te', 'kn');
    case 'pohela_boishakh':
      return spoken('bn');
    case 'onam':
      return spoken('ml');
    case 'durga_puja':
      return spoken('bn') && !BANGLADESH.includes(country);
    case 'diwali':
      return (
        spoken('hi', 'ta', 'te', 'mr', 'gu', 'kn') || (spoken('bn') && !BANGLADESH.includes(country)) || englishInIndia
      );
    case 'christmas':
      return english && CHRISTMAS_COUNTRIES.includes(country);
  }
}

function everyYear(monthAndDay: string): string[] {
  return [2025, 2026, 2027, 2028, 2029, 2030].map((year) => `${year}-${monthAndDay}`);
}
