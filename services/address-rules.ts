import { isIP } from 'node:net';
import ipaddr from 'ipaddr.js';

type Address = ReturnType<typeof ipaddr.parse>;

/** Answers queries of machines inside Azure, though the number looks public. */
const AZURE_METADATA = '168.63.129.16';
/** The only IPv6 numbers that are given out for use on the Internet (RFC 4291, 2.4; IANA). */
const GLOBAL_IPV6 = ipaddr.parseCIDR('2000::/3');

/** Whether anyone on the Internet could be meant: not loopback, private, link-local, metadata, multicast or reserved. */
export function isPublic(address: string): boolean {
  const parsed = unmapped(address);
  if (parsed === null || parsed.range() !== 'unicast' || parsed.toString() === AZURE_METADATA) return false;
  return parsed.kind() === 'ipv4' || parsed.match(GLOBAL_IPV6);
}

/** The address, an IPv4 one that IPv6 wraps taken out; null where it is none. */
function unmapped(address: string): Address | null {
  return isIP(address) === 0 ? null : ipaddr.process(address);
}

/** What may be connected to though it is not public. */
export type AllowedPrivate = (host: string, port: number, address: string) => boolean;

/** Whether `entry` is one that `allowedPrivate` understands: `host`, `host:port`, an address, or a CIDR range. */
export function isAllowEntry(entry: string): boolean {
  return readEntry(entry) !== null;
}

/**
 * Reads a list of `host`, `host:port`, addresses (an IPv6 one with a port in brackets) and CIDR ranges. A host name
 * stands for whatever addresses it has; a range for its addresses by whatever name.
 * @throws Error for an entry that is none of these
 */
export function allowedPrivate(entries: readonly string[]): AllowedPrivate {
  const rules = entries.map((entry) => {
    const rule = readEntry(entry);
    if (rule === null) throw new Error('A private host that is allowed must be host, host:port or a CIDR range');
    return rule;
  });
  return (host, port, address) => rules.some((rule) => rule(host, port, address));
}

/** The entry for one server. */
export const allowEntryOf = (host: string, port: number): string =>
  host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`;

/** The entry for the server that an http or https URL names. */
export function allowEntryOfUrl(address: string): string {
  const { hostname, port, protocol } = new URL(address);
  return allowEntryOf(hostname.replace(/^\[|\]$/g, ''), Number(port) || (protocol === 'https:' ? 443 : 80));
}

function readEntry(entry: string): AllowedPrivate | null {
  if (entry.includes('/')) return readRange(entry);
  const match = /^(?:\[([\da-f:.]+)\]|([\w.-]+))(?::(\d{1,5}))?$/i.exec(entry);
  const host = isIP(entry) === 0 ? (match?.[1] ?? match?.[2]) : entry;
  const port = isIP(entry) === 0 && match?.[3] !== undefined ? Number(match[3]) : null;
  if (host === undefined || (match?.[1] !== undefined && isIP(host) === 0)) return null;
  if (port !== null && (port < 1 || port > 65_535)) return null;
  const wanted = hostKey(host);
  return (asked, askedPort) => hostKey(asked) === wanted && (port === null || port === askedPort);
}

function readRange(entry: string): AllowedPrivate | null {
  // The library takes 10.1/16 too, and for 10.0.0.1.
  if (!ipaddr.isValidCIDR(entry) || isIP(entry.slice(0, entry.indexOf('/'))) === 0) return null;
  const range = ipaddr.parseCIDR(entry);
  return (_host, _port, address) => {
    const parsed = unmapped(address);
    return parsed !== null && parsed.kind() === range[0].kind() && parsed.match(range);
  };
}

/** Host names and addresses in one spelling. */
function hostKey(host: string): string {
  const bare = host.replace(/^\[|\]$/g, '').replace(/\.$/, '');
  return unmapped(bare)?.toString() ?? bare.toLowerCase();
}
