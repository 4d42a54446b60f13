import { createHmac, timingSafeEqual } from 'node:crypto';
import { z } from 'zod';
import { purpose } from '../domain/contracts/contacts.ts';
import { channel } from '../domain/contracts/interventions.ts';
import { identifier, slug } from '../domain/contracts/names.ts';
import type { LinkSettings } from './sending-settings.ts';

/** What its bearer may do: each purpose has signatures of its own, so that no link is good for another. */
type LinkPurpose = 'unsubscribe' | 'reschedule' | 'cancel';

/** Far above what ids and names can make. */
const MAX_TOKEN_LENGTH = 1_000;

/** In this order, and nothing that names a person to others than us. */
const unsubscription = z.tuple([slug, identifier, channel.nullable(), purpose.nullable()]);

/** What a link to unsubscribe stops: messages of a purpose by a channel, all of them where null. */
export interface Unsubscription {
  workspace: string;
  contactId: string;
  channel: z.output<typeof channel> | null;
  purpose: z.output<typeof purpose> | null;
}

/** Until when is an instant in seconds since 1970. */
const bookingChange = z.tuple([slug, identifier, z.number().int()]);

/** What a link to a booking is good for. `until`: ISO 8601. */
export interface BookingLink {
  workspace: string;
  bookingId: string;
  until: string;
}

/** Links to this service that say by themselves who may do what. */
export interface Links {
  /** Good until then, for whoever has the mail. */
  bookingUrls(of: BookingLink): { reschedule: string; cancel: string };
  /** What the token of such a link allows, though its time be over; null when it is none of ours. */
  readBooking(change: 'reschedule' | 'cancel', token: string): BookingLink | null;
  /** Good for ever: mails are old when people tire of them (RFC 8058). */
  unsubscribeUrl(of: Unsubscription): string;
  /** What the token of such a link allows; null when it is none of ours. */
  readUnsubscribe(token: string): Unsubscription | null;
}

export function createLinks({ publicUrl, key }: LinkSettings): Links {
  const urlOf = (change: 'reschedule' | 'cancel', { workspace, bookingId, until }: BookingLink): string => {
    const token = signedToken(key, change, [workspace, bookingId, Math.floor(Date.parse(until) / 1_000)]);
    return `${publicUrl}/bookings/${change}/${token}`;
  };
  return {
    bookingUrls: (of) => ({ reschedule: urlOf('reschedule', of), cancel: urlOf('cancel', of) }),
    readBooking(change, token) {
      const read = bookingChange.safeParse(readToken(key, change, token));
      if (!read.success) return null;
      const [workspace, bookingId, until] = read.data;
      return { workspace, bookingId, until: new Date(until * 1_000).toISOString() };
    },
    unsubscribeUrl({ workspace, contactId, channel, purpose }) {
      const token = signedToken(key, 'unsubscribe', [workspace, contactId, channel, purpose]);
      return `${publicUrl}/unsubscribe/${token}`;
    },
    readUnsubscribe(token) {
      const read = unsubscription.safeParse(readToken(key, 'unsubscribe', token));
      if (!read.success) return null;
      const [workspace, contactId, channel, purpose] = read.data;
      return { workspace, contactId, channel, purpose };
    },
  };
}

/** `<payload>.<HMAC-SHA256 of purpose and payload>`, both in base64url. */
function signedToken(key: string, linkPurpose: LinkPurpose, payload: readonly unknown[]): string {
  const encoded = Buffer.from(JSON.stringify(payload)).toString('base64url');
  return `${encoded}.${signature(key, linkPurpose, encoded)}`;
}

/** The payload as it was signed for this purpose; undefined for everything else. */
function readToken(key: string, linkPurpose: LinkPurpose, token: string): unknown {
  if (token.length > MAX_TOKEN_LENGTH) return undefined;
  const [encoded = '', given = '', ...more] = token.split('.');
  const [asked, right] = [Buffer.from(given), Buffer.from(signature(key, linkPurpose, encoded))];
  if (more.length > 0 || asked.length !== right.length || !timingSafeEqual(asked, right)) return undefined;
  return JSON.parse(Buffer.from(encoded, 'base64url').toString());
}

/** A purpose has no dot, so that no payload can stand for the end of one. */
const signature = (key: string, linkPurpose: LinkPurpose, encoded: string): string =>
  createHmac('sha256', key).update(`${linkPurpose}.${encoded}`).digest('base64url');
