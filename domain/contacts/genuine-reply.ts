import type { RecordReplyMessage } from '../contracts/contacts.ts';

type Headers = ReadonlyMap<string, readonly string[]>;

/**
 * Why a message does not count as a reply, in words that follow "ignored, since"; null when a person wrote it, as far as
 * sender and headers tell. Without headers only the sender speaks. A subject alone is no sign: people answer "Out of
 * office?" too. Not waiting for a person who did reply is worse than waiting for a machine that did, so what is not
 * known to be automatic counts. (RFC 3834, 5230 for answers; 3464, 8098 for reports; 2919 for lists.)
 * @param own addresses that we send from, with or without a name
 */
export function whyNotGenuine(
  { from, headers: given = {} }: Pick<RecordReplyMessage, 'from' | 'headers'>,
  own: readonly string[],
): string | null {
  const headers = byName(given);
  const senders = [...(from === undefined ? [] : [from]), ...(headers.get('from') ?? [])].map(addressIn);
  const ours = new Set(own.map(addressIn));
  if (senders.some((sender) => sender !== '' && ours.has(sender))) return 'it was sent from one of our own addresses';
  if (isReport(headers)) return 'it is a report about a message, such as that it could not be delivered';
  if (isFromList(headers)) return 'it came over a mailing list';
  const sign = SIGNS.find(([name, says]) => headers.get(name)?.some((value) => says.test(value)));
  if (sign !== undefined) return `it is an automatic answer, as its header ${sign[0]} says`;
  if (senders.some((sender) => MACHINES.test(sender))) return 'its sender is a machine that nobody reads the mail of';
  // After the others, which say more: answers and reports alike are sent from nowhere.
  if (headers.get('return-path')?.some((path) => /^<\s*>$/.test(path)))
    return 'it was sent so that nobody can answer it';
  return null;
}

/** Any value but these. */
const BUT_NO = /^(?!(?:no|false|0)?\s*(?:[;(]|$))/i;

/** What programs that answer say of themselves, by header. */
const SIGNS: readonly (readonly [name: string, says: RegExp])[] = [
  ['auto-submitted', BUT_NO],
  ['precedence', /^(?:bulk|junk|list|auto[_-]?reply)\b/i],
  // Whoever wants no delivery or read receipts may be a person; whoever wants no automatic answers is a program.
  ['x-auto-response-suppress', /\b(?:all|oof|autoreply)\b/i],
  ['x-autoreply', BUT_NO],
  ['x-autorespond', BUT_NO],
  ['x-autoresponder', BUT_NO],
  ['x-autoreply-from', /\S/],
  ['x-mail-autoreply', BUT_NO],
];

const MACHINES = /^(?:mailer-daemon|postmaster|no[-_.]?reply|do[-_.]?not[-_.]?reply)(?:[-_.+][^@]*)?(?:@|$)/;

const isReport = (headers: Headers): boolean =>
  headers.has('x-failed-recipients') ||
  (headers.get('content-type') ?? []).some((type) =>
    /^(?:multipart\/report|message\/(?:global-)?(?:delivery-status|disposition-notification))\b/i.test(type),
  );

const isFromList = (headers: Headers): boolean => headers.get('list-id')?.some((id) => id !== '') ?? false;

/** Names in lower case, values on one line. */
function byName(given: Readonly<Record<string, string>>): Headers {
  const headers = new Map<string, string[]>();
  for (const [name, value] of Object.entries(given)) {
    const key = name.trim().toLowerCase();
    headers.set(key, [...(headers.get(key) ?? []), value.replace(/\s+/g, ' ').trim()]);
  }
  return headers;
}

/** `asha@example.com` of `Asha <Asha@Example.com>` and `asha@example.com (Asha)`; a text without an address as it is. */
function addressIn(text: string): string {
  const [, bracketed] = /<([^<>]*)>[^<>]*$/.exec(text) ?? [];
  return (bracketed ?? text.replace(/\([^()]*\)\s*$/, '')).trim().toLowerCase();
}
