import { z } from 'zod';
import { identifier, slug } from '../../../domain/contracts/names.ts';
import { instant } from '../../../domain/contracts/time-values.ts';
import type { Scope } from '../../../domain/contracts/tokens.ts';

/** One operation. `input` is one object: what the path names (`:id`), and the query (`readsQuery`) or the JSON body beside it. */
export interface Route<Input extends z.ZodType = z.ZodType, Reply extends z.ZodType = z.ZodType> {
  method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  path: string;
  status: 200 | 201 | 202;
  input: Input;
  reply: Reply;
  /** One line for the OpenAPI document. */
  summary: string;
  /** What the caller's token must allow. */
  scope: Scope;
  /** Largest body in bytes, where it is not the usual 1 MiB. */
  bodyLimit?: number;
}

/** A route that answers 200; who may read may GET, and who may write may do the rest. */
export const route = <Input extends z.ZodType, Reply extends z.ZodType>(
  method: Route['method'],
  path: string,
  summary: string,
  input: Input,
  reply: Reply,
  more: { status?: Route['status']; bodyLimit?: number; scope?: Scope } = {},
): Route<Input, Reply> => ({
  method,
  path,
  summary,
  input,
  reply,
  status: 200,
  scope: method === 'GET' ? 'read' : 'write',
  ...more,
});

/** Bodies of these mean nothing (RFC 9110, 9.3.1 and 9.3.5), and may be lost on the way. */
export const readsQuery = (method: string): boolean => method === 'GET' || method === 'HEAD' || method === 'DELETE';

/** Fields of a list's query. */
export const list = {
  limit: z.coerce.number().int().min(1).max(500).default(50),
  cursor: z.string().max(500).optional(),
};

export const page = <Item extends z.ZodType>(item: Item) =>
  z.object({ items: z.array(item), nextCursor: z.string().nullable() });

export const at = { asOf: instant.optional() };
export const byId = z.strictObject({ id: identifier });
export const byName = z.strictObject({ name: slug });
