import { createHash } from 'node:crypto';

/** What an approval binds: hex SHA-256 of subject, a line feed, body. */
export function textHash(subject: string, body: string): string {
  return createHash('sha256').update(`${subject}\n${body}`).digest('hex');
}
