import { topicIn } from '../../domain/bookings/messages.ts';
import { BOOKING_PAGE_TEXTS } from '../../domain/bookings/page-texts.ts';
import type { TextLanguage } from '../../domain/follow-ups/texts/follow-up-texts.ts';
import { spreadOverDays } from '../../domain/slots/spread.ts';
import { type TimeWords, timeWords } from '../../domain/slots/time-in-words.ts';
import { escaped, facts, page, paragraph } from './public-page.ts';

/** Most times to choose from; more would be a long page on a phone. */
const MOST_TIMES = 20;
/** Most characters of a reason. */
export const MAX_REASON = 200;

/** A meeting as its invitee reads of it. */
export interface ShownMeeting {
  language: TextLanguage;
  topic: string;
  /** Whom one meets; null where nobody is named. */
  host: string | null;
  /** ISO 8601. */
  start: string;
  end: string;
  /** IANA zone of the invitee. */
  timezone: string;
}

/** A time that it can be moved to. Instants are ISO 8601. */
export interface FreeTime {
  id: string;
  start: string;
  end: string;
}

/** Asks whether the meeting is to be cancelled; `moveLink` leads to the page that moves it. */
export function cancelPage(meeting: ShownMeeting, moveLink: string): string {
  const { cancel, chooseAnother, labels } = textsOf(meeting);
  const form = `<form method="post"><label for="reason">${escaped(labels.reason)}</label>
<input type="text" id="reason" name="reason" maxlength="${MAX_REASON}" autocomplete="off">
<button>${escaped(cancel.button)}</button></form>`;
  const link = `<p><a href="${escaped(moveLink)}">${escaped(chooseAnother)}</a></p>`;
  return page(meeting.language, cancel.question, [factsOf(meeting), form, link]);
}

/** Shows free times to move the meeting to, and what was wrong with the one that was chosen before. */
export function movePage(
  meeting: ShownMeeting,
  times: readonly FreeTime[],
  notice: 'taken' | 'missing' | null,
): string {
  const { language, timezone } = meeting;
  const { move } = textsOf(meeting);
  const told = notice === null ? [] : [`<p class="notice" role="alert">${escaped(move[notice])}</p>`];
  if (times.length === 0) return page(language, move.choose, [factsOf(meeting), paragraph(move.noTimes)]);
  const words = timeWords(timezone, language);
  const zone = `<p class="zone">${escaped(words.zone(Date.parse(meeting.start)))}</p>`;
  const free = times.map(({ id, start, end }) => ({ id, start: Date.parse(start), end: Date.parse(end) }));
  const days = spreadOverDays(free, { timezone, most: MOST_TIMES }).map((day) => dayField(day, words));
  const form = `<form method="post">
${days.join('\n')}
<button>${escaped(move.button)}</button></form>`;
  return page(language, move.choose, [...told, factsOf(meeting), zone, form]);
}

/** Says that it was cancelled, or that it has been before. */
export function cancelledPage(meeting: ShownMeeting, when: 'now' | 'before'): string {
  const { cancel, isCancelled, nothingMore } = textsOf(meeting);
  const heading = when === 'now' ? cancel.done : isCancelled;
  return page(meeting.language, heading, [factsOf(meeting), paragraph(nothingMore)]);
}

/** Says that it was moved to the time that it has now. */
export function movedPage(meeting: ShownMeeting): string {
  const { move, nothingMore } = textsOf(meeting);
  return page(meeting.language, move.done, [factsOf(meeting), paragraph(nothingMore)]);
}

/** Says that the time of the meeting has passed, or that it never came about. */
export const overPage = (meeting: ShownMeeting): string =>
  page(meeting.language, textsOf(meeting).isOver, [factsOf(meeting)]);

/** Says that the link is too old, and nothing of what it once led to. */
export function expiredPage(language: TextLanguage): string {
  const { expired, newerLink } = BOOKING_PAGE_TEXTS[language];
  return page(language, expired, [paragraph(newerLink)]);
}

/** Says that what was asked for could not be done yet. */
export function notYetPage(language: TextLanguage): string {
  const { heading, advice } = BOOKING_PAGE_TEXTS[language].notYet;
  return page(language, heading, [paragraph(advice)]);
}

/** For what is refused, or fails, before anything is changed. */
export const failedPage = (): string =>
  page('en', 'That did not work', [paragraph('Nothing has changed. Please try again in a few minutes.')]);

/** For when nobody knows whether it was changed. */
export const uncertainPage = (): string =>
  page('en', 'That may not have worked', [
    paragraph('We cannot say yet whether it was done. Please open this link again in a few minutes to see.'),
  ]);

const textsOf = ({ language }: Pick<ShownMeeting, 'language'>) => BOOKING_PAGE_TEXTS[language];

function factsOf({ language, topic, host, start, end, timezone }: ShownMeeting): string {
  const { labels } = BOOKING_PAGE_TEXTS[language];
  const time = timeWords(timezone, language).timeAndZone(Date.parse(start), Date.parse(end));
  return facts([
    [labels.topic, topicIn(language, topic)],
    [labels.time, time],
    ...(host === null ? [] : [[labels.host, host] as const]),
  ]);
}

/** The times of one day, each a button of which one can be pressed. */
function dayField(times: readonly { id: string; start: number; end: number }[], words: TimeWords): string {
  const buttons = times.map(({ id, start, end }) => {
    const input = `<input type="radio" name="slotId" value="${escaped(id)}" required>`;
    return `<label>${input}<span>${escaped(words.hours(start, end))}</span></label>`;
  });
  const [first] = times;
  return `<fieldset><legend>${escaped(words.day(first?.start ?? 0))}</legend><div>${buttons.join('')}</div></fieldset>`;
}
