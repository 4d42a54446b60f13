import { z } from 'zod';
import { identifier } from './names.ts';
import { instantOut } from './time-values.ts';

/**
 * `planned`: written down, nothing done yet; it can still be called off. `attempting`: somebody is at it. `unknown`: the
 * answer was lost, a person must look. The others are final.
 */
export const EFFECT_STATES = ['planned', 'attempting', 'done', 'failed', 'unknown', 'cancelled'] as const;
export const effectState = z.enum(EFFECT_STATES);
export type EffectState = z.infer<typeof effectState>;

/** One thing done to the outside world (README's word). `key`: workspace-wide, the same for every attempt. */
export const effect = z.object({
  effectId: identifier,
  key: z.string(),
  /** What is done, such as `message`. */
  kind: z.string(),
  channel: z.string().nullable(),
  contactId: identifier.nullable(),
  state: effectState,
  attempts: z.number().int(),
  plannedAt: instantOut,
  attemptedAt: instantOut.nullable(),
  endedAt: instantOut.nullable(),
  /** What the other side answered: an id, an address. No message text. */
  result: z.record(z.string(), z.unknown()).nullable(),
  error: z.string().nullable(),
  /** Who settled an unknown one, and with what words. */
  resolvedBy: z.string().nullable(),
  note: z.string().nullable(),
});
export type Effect = z.infer<typeof effect>;

export const resolveEffect = z.strictObject({
  as: z.enum(['done', 'failed']),
  note: z.string().trim().min(1).max(2_000),
});
export type ResolveEffect = z.output<typeof resolveEffect>;
