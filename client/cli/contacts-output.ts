import type { Contact, OptOut, OptOutcome } from '../../domain/contracts/contacts.ts';
import { formatFollowUpLine } from './follow-ups-output.ts';
import { utc } from './scan-output.ts';

/** Everything known of a contact. */
export function formatContact(contact: Contact): string {
  const { contactId, name, email, phone, telegram, timezone, language, consent, lastMessages, pending } = contact;
  const facts: [string, string][] = [
    ['Name', name ?? 'not known'],
    ['Email', email ?? 'none'],
    ['Phone', phone ?? 'none'],
    ['Telegram', telegram ?? 'none'],
    ['Time zone', timezone],
    ['Language', language ?? 'not known'],
    ['Consent', formatConsent(consent)],
  ];
  const messages = lastMessages.map(
    ({ at, direction, channel, subject }) =>
      `  ${utc(at)}  ${direction === 'in' ? 'from them' : 'to them'} by ${channel}${subject === null ? '' : `: ${subject}`}`,
  );
  return [
    contactId,
    ...facts.map(([fact, value]) => `  ${fact.padEnd(11)}${value}`),
    ...(messages.length > 0 ? ['Last messages', ...messages] : []),
    ...(pending.length > 0 ? ['Follow-ups to come', ...pending.map((item) => `  ${formatFollowUpLine(item)}`)] : []),
  ].join('\n');
}

/** What a contact agreed to, and what not, on one line. */
export function formatConsent({ marketing, optOuts }: OptOutcome): string {
  const promotion = marketing ? 'promotion allowed' : 'no consent to promotion';
  return [promotion, ...optOuts.map(formatOptOut)].join('; ');
}

const formatOptOut = ({ channel, purpose, at, actor }: OptOut): string =>
  `opted out of ${purpose ?? 'everything'} by ${channel ?? 'any channel'} on ${utc(at)} (${actor})`;
