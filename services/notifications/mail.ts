import { Readable } from 'node:stream';
import MailComposer from 'nodemailer/lib/mail-composer';
import { UNSUBSCRIBE_TEXTS } from '../../domain/contacts/unsubscribe-texts.ts';
import { languageWithTexts } from '../../domain/follow-ups/messages.ts';
import { DeliveryError, type OutgoingMessage } from '../../domain/ports/channels.ts';
import { keyDigest } from './outcomes.ts';

/** A sender: an address alone, or with a name before it. */
export interface Sender {
  name: string;
  address: string;
}

const SENDER = /^(?:"?([^"<>\r\n]*?)"?\s*<([^<>]+)>|([^<>]+))$/;
/** One address and nothing that could make it two, or a command. */
const ADDRESS = /^[^\s<>()[\]\\,;:"@]{1,64}@[^\s<>()[\]\\,;:"@]{1,253}$/;

/** Reads `a@example.com` or `Name <a@example.com>`; null when it is neither. */
export function parseSender(text: string): Sender | null {
  const [, name = '', bracketed, bare] = SENDER.exec(text.trim()) ?? [];
  const address = (bracketed ?? bare ?? '').trim();
  return ADDRESS.test(address) ? { name, address } : null;
}

/** A mail ready to be sent; `started` tells whether any of it was asked for. */
export interface ComposedMail {
  messageId: string;
  size: number;
  content(): Readable & { started: boolean };
}

/**
 * The message as a mail of plain text. Its Message-ID is the same for every attempt, so that a mail that came twice after
 * all is known as one by most mailboxes. A promotion with an unsubscribe URL has the headers of RFC 2369 and, for one click,
 * 8058, and the link as its last line.
 * @throws DeliveryError `refused` where a line break or the like stands in what becomes a header
 */
export async function composeMail(message: OutgoingMessage, from: Sender): Promise<ComposedMail> {
  const { to, subject, body, language } = message;
  const unsubscribeUrl = message.purpose === 'promotion' ? message.unsubscribeUrl : undefined;
  for (const text of [to.name, to.address, subject, language, unsubscribeUrl]) {
    if (text && hasControls(text)) throw new DeliveryError('refused', 'A header of the mail would hold a line break');
  }
  if (!ADDRESS.test(to.address)) throw new DeliveryError('refused', 'The contact has no address that mail could go to');
  if (unsubscribeUrl && !/^https?:\/\/[^\s<>]+$/.test(unsubscribeUrl)) {
    throw new DeliveryError('refused', 'The link to unsubscribe is no URL');
  }
  const messageId = `<${keyDigest(message)}@${from.address.slice(from.address.lastIndexOf('@') + 1)}>`;
  const mail = new MailComposer({
    from,
    to: { name: to.name ?? '', address: to.address },
    subject: subject ?? '',
    text: unsubscribeUrl === undefined ? body : `${body.trimEnd()}\n\n${footer(language, unsubscribeUrl)}\n`,
    messageId,
    ...(message.invitation && {
      icalEvent: { method: message.invitation.method, content: message.invitation.ics, filename: 'invite.ics' },
    }),
    headers: {
      ...(language === null ? {} : { 'Content-Language': language }),
      ...(unsubscribeUrl === undefined ? {} : unsubscribeHeaders(unsubscribeUrl)),
    },
    // Nothing in a message may make the mailer read a file or fetch a URL.
    disableFileAccess: true,
    disableUrlAccess: true,
  });
  const bytes = await mail.compile().build();
  return { messageId, size: bytes.byteLength, content: () => contentOf(bytes) };
}

const unsubscribeHeaders = (url: string): Record<string, { prepared: boolean; value: string }> => ({
  'List-Unsubscribe': { prepared: true, value: `<${url}>` },
  'List-Unsubscribe-Post': { prepared: true, value: 'List-Unsubscribe=One-Click' },
});

function footer(language: string | null, url: string): string {
  const texts = UNSUBSCRIBE_TEXTS[languageWithTexts(language ?? '') ?? 'en'];
  return `${texts.footer} ${url}`;
}

function contentOf(bytes: Buffer): Readable & { started: boolean } {
  const stream = new Readable({
    read() {
      content.started = true;
      this.push(bytes);
      this.push(null);
    },
  });
  const content = Object.assign(stream, { started: false });
  return content;
}

/** Control characters, and the line separators that some readers take for line breaks. */
function hasControls(text: string): boolean {
  return /[\p{Cc}\u2028\u2029]/u.test(text);
}
