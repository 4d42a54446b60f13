import { createHash, randomBytes } from 'node:crypto';

/** A new secret of 256 random bits; the prefix lets scanners for leaked secrets find it. */
export const newSecret = (): string => `rvl_${randomBytes(32).toString('base64url')}`;

/** What is kept of a secret. A plain SHA-256 will do: nobody guesses 256 bits, so nothing has to be slow. */
export const hashOfSecret = (secret: string): string => createHash('sha256').update(secret).digest('hex');
