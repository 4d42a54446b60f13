import { z } from 'zod';
import { identifier, slug } from './names.ts';
import { instantOut } from './time-values.ts';

/** `read`: look; `write`: change; `admin`: tokens. None includes another. */
export const SCOPES = ['read', 'write', 'admin'] as const;
export const scope = z.enum(SCOPES);
export type Scope = z.infer<typeof scope>;

export const createToken = z.strictObject({
  /** Whose actions its actions are noted as. */
  name: z.string().trim().min(1).max(200),
  scopes: z.array(scope).min(1).default(['read', 'write']),
  /** null: every workspace, and each call names one. */
  workspace: slug.nullable(),
});

/** A token as it is listed: never the secret itself. */
export const token = z.object({
  tokenId: identifier,
  name: z.string(),
  workspace: slug.nullable(),
  scopes: z.array(scope),
  createdAt: instantOut,
  createdBy: z.string(),
  lastUsedAt: instantOut.nullable(),
  revokedAt: instantOut.nullable(),
});
export type Token = z.infer<typeof token>;

/** Answer to creating one, and the only time that its secret is shown. */
export const createdToken = token.extend({ token: z.string() });
