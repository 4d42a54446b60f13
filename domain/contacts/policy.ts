import type { OptOut, Purpose, RequestSendMessage, SendDecision, SendReason } from '../contracts/contacts.ts';
import type { Channel } from '../contracts/interventions.ts';
import { formatDuration } from '../contracts/time-values.ts';
import { localTime } from '../cron/index.ts';
import { DEFAULT_QUIET_HOURS, type QuietHours, formatQuietHours, isQuiet, nextOpening } from './quiet-hours.ts';

/** What a sender wants to send. Instants are ISO 8601. */
export interface SendQuestion extends Pick<RequestSendMessage, 'purpose'> {
  /** Where it may go, best first; at least one. */
  channels: readonly Channel[];
  /** When the message was planned or decided on: a reply since then makes it needless. null: whatever they reply, it is due. */
  plannedAt: string | null;
  /**
   * A service message that is of no use later, such as a reminder an hour before a meeting at 07:00, goes at its moment,
   * quiet or not. Promotion always waits.
   */
  atFixedMoment?: boolean;
}

/** What is known of the contact at the moment of sending. Instants are ISO 8601. */
export interface SendFacts {
  /** IANA name, as `parseZone` gives it. */
  timezone: string;
  /** Whether they agreed to promotion. */
  marketing: boolean;
  optOuts: readonly OptOut[];
  /** Where each channel would reach them; null or absent where it cannot. */
  addresses: Readonly<Partial<Record<Channel, string | null>>>;
  lastReplyAt: string | null;
  /** Promotion messages over all senders that were sent, are being sent, or may have been, this one left out; any order. */
  promotionsAt: readonly string[];
  /** Belongs to the share of people who are left unwritten, and this message counts as writing. */
  heldOut: boolean;
}

/** What a workspace holds its senders to. */
export interface SendPolicy {
  quietHours: QuietHours | null;
  /** At most so many promotion messages within any `windowMs` milliseconds. */
  cap: { messages: number; windowMs: number };
}

/** 21:00 to 08:00; two promotion messages a week (contacts.md). */
export const DEFAULT_SEND_POLICY: SendPolicy = {
  quietHours: DEFAULT_QUIET_HOURS,
  cap: { messages: 2, windowMs: 7 * 86_400_000 },
};

/** From when on promotion messages count at `now`, both ISO 8601: what `SendFacts.promotionsAt` has to hold. */
export function promotionWindowStart({ cap }: SendPolicy, now: string): string {
  // Stores take no years before the first; nobody was written to before 1970.
  return new Date(Math.max(Date.parse(now) - cap.windowMs, 0)).toISOString();
}

/** A question with all that the answer rests on. */
interface Asked {
  question: SendQuestion;
  facts: SendFacts;
  policy: SendPolicy;
  /** Epoch milliseconds. */
  now: number;
}

type Refusal = readonly [reason: SendReason, detail: string];

/**
 * Whether a message may go at `now` (ISO 8601), by which channel, and if not, when or why never. What rules it out for good
 * comes before what makes it wait, each under the first reason that applies: `opted_out` of every wanted channel,
 * `no_consent`, `no_address` for any channel that is left, `replied`, `hold_out`; then `cap`, `quiet_hours`. What has to
 * wait for both is told under `cap`, and may go when both allow it.
 */
export function maySend(
  question: SendQuestion,
  facts: SendFacts,
  now: string,
  policy: SendPolicy = DEFAULT_SEND_POLICY,
): SendDecision {
  const asked: Asked = { question, facts, policy, now: Date.parse(now) };
  const channel = channelFor(question, facts);
  const [reason, detail] = optedOutOfAll(asked) ??
    withoutConsent(asked) ??
    withoutAddress(asked, channel) ??
    repliedSince(asked) ??
    heldOut(asked) ?? ['allowed', ''];
  if (reason !== 'allowed' || channel === null) return { decision: 'never', at: null, channel: null, reason, detail };
  return timeFor(asked, channel);
}

/** The first wanted channel that reaches them and that they did not opt out of. */
const channelFor = ({ channels, purpose }: SendQuestion, facts: SendFacts): Channel | null =>
  channels.find((channel) => !optOutOf(facts, channel, purpose) && facts.addresses[channel]) ?? null;

const optOutOf = ({ optOuts }: SendFacts, channel: Channel, purpose: Purpose): OptOut | undefined =>
  optOuts.find(
    (optOut) =>
      (optOut.channel === null || optOut.channel === channel) &&
      (optOut.purpose === null || optOut.purpose === purpose),
  );

function optedOutOfAll({ question, facts }: Asked): Refusal | null {
  const { channels, purpose } = question;
  if (!channels.every((channel) => optOutOf(facts, channel, purpose))) return null;
  return ['opted_out', `Not sent: ${whyNot(channels, question, facts)}.`];
}

function withoutConsent({ question, facts }: Asked): Refusal | null {
  if (question.purpose !== 'promotion' || facts.marketing) return null;
  return ['no_consent', 'Not sent: it is promotion, and the contact has not agreed to marketing.'];
}

function withoutAddress({ question, facts }: Asked, channel: Channel | null): Refusal | null {
  if (channel !== null) return null;
  return ['no_address', `Not sent: ${whyNot(question.channels, question, facts)}.`];
}

function repliedSince({ question: { plannedAt }, facts: { lastReplyAt, timezone } }: Asked): Refusal | null {
  if (plannedAt === null || lastReplyAt === null || Date.parse(lastReplyAt) <= Date.parse(plannedAt)) return null;
  const [replied, planned] = [clock(lastReplyAt, timezone), clock(plannedAt, timezone)];
  return [
    'replied',
    `Not sent: the contact replied at ${replied}, after this was planned at ${planned} (${timezone}).`,
  ];
}

function heldOut({ facts }: Asked): Refusal | null {
  if (!facts.heldOut) return null;
  return ['hold_out', 'Not sent: the contact belongs to the hold-out group, which is left unwritten for comparison.'];
}

/** When a message to which nothing else is opposed may go: now, or when cap and quiet hours first allow it. */
function timeFor(asked: Asked, channel: Channel): SendDecision {
  const { question, facts, policy, now } = asked;
  const quietHours = question.atFixedMoment === true && question.purpose === 'service' ? null : policy.quietHours;
  const free = question.purpose === 'promotion' ? capFree(policy.cap, facts.promotionsAt, now) : now;
  if (free === null) {
    return { decision: 'never', at: null, channel: null, reason: 'cap', detail: 'Not sent: no promotion is allowed.' };
  }
  // Waiting only empties the window of the cap, so an opening after it is free is free as well.
  const at = new Date(nextOpening(quietHours, facts.timezone, free)).toISOString();
  if (free > now) return { decision: 'later', at, channel, reason: 'cap', detail: capDetail(asked, at) };
  if (isQuiet(quietHours, facts.timezone, now)) {
    return { decision: 'later', at, channel, reason: 'quiet_hours', detail: quietDetail(asked, at) };
  }
  return { decision: 'now', at: null, channel, reason: 'allowed', detail: allowedDetail(asked, channel) };
}

/**
 * The first instant from `now` on with room for one more, epoch milliseconds: when the oldest of as many as are allowed is a
 * whole window ago. null when none is ever allowed.
 */
function capFree({ messages, windowMs }: SendPolicy['cap'], sentAt: readonly string[], now: number): number | null {
  if (messages < 1) return null;
  const newestFirst = sentAt.map((at) => Date.parse(at)).sort((one, other) => other - one);
  const oldest = newestFirst[messages - 1];
  return oldest === undefined ? now : Math.max(now, oldest + windowMs);
}

function capDetail({ facts: { timezone }, policy: { cap, quietHours } }: Asked, at: string): string {
  const sent = cap.messages === 1 ? 'message was' : 'messages were';
  const quiet = quietHours === null ? '' : ` and outside quiet hours ${formatQuietHours(quietHours)}`;
  return (
    `Waits until ${clock(at, timezone)} (${timezone}): ${cap.messages} promotion ${sent} sent within ` +
    `${formatDuration(cap.windowMs)}, the most allowed, and the next may go when the oldest is that old${quiet}.`
  );
}

function quietDetail({ facts: { timezone }, policy: { quietHours }, now }: Asked, at: string): string {
  const time = clock(new Date(now).toISOString(), timezone);
  return (
    `Waits until ${clock(at, timezone)} (${timezone}): it is ${time} there, within quiet hours ` +
    `${formatQuietHours(quietHours)}.`
  );
}

function allowedDetail({ question, facts, policy: { quietHours }, now }: Asked, channel: Channel): string {
  const time = clock(new Date(now).toISOString(), facts.timezone);
  const isNight = isQuiet(quietHours, facts.timezone, now);
  const quiet = isNight ? ', within quiet hours, which a message at a fixed moment need not keep' : '';
  const passedOver = question.channels.slice(0, question.channels.indexOf(channel));
  const instead = passedOver.length === 0 ? '' : `, since ${whyNot(passedOver, question, facts)}`;
  return `May go by ${channel} at ${time} (${facts.timezone})${quiet}${instead}.`;
}

/** Why a message cannot take these channels, without naming any address. */
function whyNot(channels: readonly Channel[], { purpose }: SendQuestion, facts: SendFacts): string {
  const reasons = channels.map((channel) => {
    const optOut = optOutOf(facts, channel, purpose);
    if (optOut === undefined) return `there is no address for ${channel}`;
    const what = `${optOut.purpose ?? 'all messages'}${optOut.channel === null ? '' : ` by ${optOut.channel}`}`;
    return `the contact opted out of ${what} at ${clock(optOut.at, facts.timezone)} (${facts.timezone})`;
  });
  return [...new Set(reasons)].join('; ');
}

/** `2027-03-14 03:00`, as the clocks of the zone show it. */
const clock = (instant: string, timezone: string): string =>
  localTime(instant, timezone).slice(0, 16).replace('T', ' ');
