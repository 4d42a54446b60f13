import type { FastifyInstance } from 'fastify';
import { oneLine } from '../../domain/bookings/one-line.ts';
import { identifier } from '../../domain/contracts/names.ts';
import { ReveilleError } from '../../domain/errors.ts';
import { languageWithTexts } from '../../domain/follow-ups/messages.ts';
import type { BookingRow, BookingStore } from '../../domain/ports/booking-store.ts';
import type { ContactStore } from '../../domain/ports/contact-store.ts';
import type { BookingLink, Links } from '../../services/links.ts';
import type { Logger } from '../../services/logging.ts';
import {
  type FreeTime,
  MAX_REASON,
  type ShownMeeting,
  cancelPage,
  cancelledPage,
  expiredPage,
  failedPage,
  movePage,
  movedPage,
  notYetPage,
  overPage,
  uncertainPage,
} from './booking-page.ts';
import { invalidPage } from './public-page.ts';
import { type PageAnswer, type PublicPagesOptions, type SignedPage, servePublicPages } from './public-pages.ts';
import type { Operations } from './routes.ts';

/** Who changes a booking by its links. */
const ACTOR = 'invitee';
/** Why it is cancelled where nothing else is said. */
const NO_REASON = 'Cancelled by the invitee';
/** How far ahead free times are shown. */
const DAYS = 14;

export interface BookingPagesOptions {
  /** null: no link is valid. */
  links: Links | null;
  store: { bookings: Pick<BookingStore, 'get'>; contacts: Pick<ContactStore, 'get'> };
  operations: Pick<Operations, 'listCalendars' | 'listSlots' | 'rescheduleBooking' | 'cancelBooking'>;
  limitByAddress: PublicPagesOptions['limitByAddress'];
  logger: Pick<Logger, 'error'>;
}

/** What a link leads to. */
interface Opened {
  link: BookingLink;
  row: BookingRow;
  shown: ShownMeeting;
}

/**
 * The pages of the links by which invitees reschedule and cancel their meeting: GET asks, POST has its workflow do it. Their answers:
 * docs/booking-links.md.
 */
export async function serveBookingPages(app: FastifyInstance, options: BookingPagesOptions): Promise<void> {
  const { limitByAddress, logger } = options;
  const pages = [cancelling(options), rescheduling(options)];
  await servePublicPages(app, pages, { limitByAddress, logger, failed: failedPage });
}

function cancelling(options: BookingPagesOptions): SignedPage {
  const { links, operations } = options;
  const moveLink = (link: BookingLink): string => {
    // Relative, so that it leads to wherever this page was found.
    const token = links?.bookingUrls(link).reschedule.split('/').at(-1) ?? '';
    return `../reschedule/${token}`;
  };
  const cancelled = ({ shown }: Opened): PageAnswer => ({ status: 200, page: cancelledPage(shown, 'now') });

  return {
    path: '/bookings/cancel/:token',

    async show(token) {
      const opened = await open(options, 'cancel', token);
      if ('page' in opened) return opened;
      const { row, link, shown } = opened;
      if (row.state === 'cancelled') return { status: 200, page: cancelledPage(shown, 'before') };
      return overAnswer(opened) ?? { status: 200, page: cancelPage(shown, moveLink(link)) };
    },

    async act(token, form, requestId) {
      const opened = await open(options, 'cancel', token);
      if ('page' in opened) return opened;
      const after = (now: Opened): PageAnswer | null =>
        now.row.state === 'cancelled' ? cancelled(now) : overAnswer(now);
      const answered = after(opened);
      if (answered !== null) return answered;
      const { workspace, bookingId: id } = opened.link;
      const reason = oneLine(form.get('reason') ?? '', MAX_REASON) || NO_REASON;
      try {
        await operations.cancelBooking({ workspace, actor: ACTOR, correlationId: requestId }, { id, reason });
        return cancelled(opened);
      } catch (error) {
        return afterFailure(options, opened, { error, requestId }, async (now) => after(now));
      }
    },
  };
}

function rescheduling(options: BookingPagesOptions): SignedPage {
  const { operations } = options;
  const choice = async (opened: Opened, status: number, notice: 'taken' | 'missing' | null): Promise<PageAnswer> => {
    return { status, page: movePage(opened.shown, await freeTimes(options, opened), notice) };
  };
  const goneAnswer = (opened: Opened): PageAnswer | null =>
    opened.row.state === 'cancelled'
      ? { status: 410, page: cancelledPage(opened.shown, 'before') }
      : overAnswer(opened);

  return {
    path: '/bookings/reschedule/:token',

    async show(token) {
      const opened = await open(options, 'reschedule', token);
      if ('page' in opened) return opened;
      return goneAnswer(opened) ?? choice(opened, 200, null);
    },

    async act(token, form, requestId) {
      const opened = await open(options, 'reschedule', token);
      if ('page' in opened) return opened;
      const gone = goneAnswer(opened);
      if (gone !== null) return gone;
      const slotId = form.get('slotId') ?? '';
      if (!identifier.safeParse(slotId).success) return choice(opened, 422, 'missing');
      const { workspace, bookingId: id } = opened.link;
      try {
        const caller = { workspace, actor: ACTOR, correlationId: requestId };
        const { start, end } = await operations.rescheduleBooking(caller, { id, slotId });
        return { status: 200, page: movedPage({ ...opened.shown, start, end }) };
      } catch (error) {
        return afterFailure(options, opened, { error, requestId }, async (now) => {
          const over = goneAnswer(now);
          if (over !== null) return over;
          if (now.row.slotId === slotId) return { status: 200, page: movedPage(now.shown) };
          if (hasCode(error, 'invalid_input')) return choice(now, 422, 'missing');
          // Of one that is confirmed, only the slot can be in the way.
          return hasCode(error, 'conflict') && now.row.state === 'confirmed' ? choice(now, 409, 'taken') : null;
        });
      }
    },
  };
}

/** What a token leads to; the page that says why it leads nowhere. */
async function open(
  { links, store, operations }: BookingPagesOptions,
  change: 'reschedule' | 'cancel',
  token: string,
): Promise<Opened | PageAnswer> {
  const link = links?.readBooking(change, token) ?? null;
  const row = link && (await store.bookings.get(link.workspace, link.bookingId));
  if (link === null || row === null) return { status: 404, page: invalidPage() };
  const { workspace } = link;
  const contact = row.contactId === null ? null : await store.contacts.get(workspace, row.contactId);
  const language = languageWithTexts(row.language ?? contact?.language ?? '') ?? 'en';
  if (Date.parse(link.until) <= Date.now()) return { status: 410, page: expiredPage(language) };
  const { items } = await operations.listCalendars({ workspace, actor: ACTOR }, {});
  const host = items.find(({ calendar }) => calendar === row.calendar)?.representative?.name ?? null;
  const timezone = row.inviteeTimezone ?? contact?.timezone ?? row.timezone;
  const { topic, start, end } = row;
  return { link, row, shown: { language, topic, host, start, end, timezone } };
}

/** For a meeting that nothing can be changed about any more. */
function overAnswer({ row, shown }: Opened): PageAnswer | null {
  const isOver = row.endedAt !== null || Date.parse(row.end) <= Date.now();
  return isOver ? { status: 410, page: overPage(shown) } : null;
}

/** Times that the meeting could be moved to; none where its calendar is no more. */
async function freeTimes({ operations }: BookingPagesOptions, { link, row }: Opened): Promise<FreeTime[]> {
  try {
    const asked = { calendar: row.calendar, days: DAYS };
    return (await operations.listSlots({ workspace: link.workspace, actor: ACTOR }, asked)).items;
  } catch (error) {
    if (hasCode(error, 'not_found')) return [];
    throw error;
  }
}

/**
 * What is told when a change failed: what has become of the meeting, as `told` says it of that moment, or that nothing has changed
 * yet. The workflow may have heard of it all the same, and get on with it later.
 */
async function afterFailure(
  { store, logger }: BookingPagesOptions,
  { link, shown }: Opened,
  { error, requestId }: { error: unknown; requestId: string },
  told: (now: Opened) => Promise<PageAnswer | null>,
): Promise<PageAnswer> {
  const { workspace, bookingId } = link;
  const row = await store.bookings.get(workspace, bookingId).catch(() => null);
  const { start, end } = row ?? shown;
  const answer = row && (await told({ link, row, shown: { ...shown, start, end } }));
  if (answer !== null) return answer;
  logger.error({ requestId, workspace, bookingId, err: error }, 'A booking could not be changed by its link');
  return { status: 503, page: row === null ? uncertainPage() : notYetPage(shown.language) };
}

const hasCode = (error: unknown, code: ReveilleError['code']): boolean =>
  error instanceof ReveilleError && error.code === code;
