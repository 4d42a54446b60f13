import { ReveilleError } from '../../domain/errors.ts';
import { parseInput } from './input.ts';
import { errorOf, problem } from './problem.ts';
import { type Caller, type OperationName, type Operations, type Route, routes } from './routes.ts';
import { readsQuery } from './routes/route.ts';

/** The operations as a running service at `url` carries them out. The caller's actor is the token's. */
export function remoteOperations(url: string, token: string): Operations {
  const entries = (Object.keys(routes) as OperationName[]).map((name) => [
    name,
    (caller: Caller, input: unknown) => call(url, token, routes[name], caller, input),
  ]);
  return Object.fromEntries(entries) as Operations;
}

async function call(url: string, token: string, route: Route, caller: Caller, input: unknown): Promise<unknown> {
  // Parsed here as well: what cannot be right is told in the same words as by the operations themselves. It is sent as it
  // was given: what was parsed may have another form.
  parseInput(route, input);
  const rest = { ...(input as Record<string, unknown>) };
  const path = route.path.replace(/:(\w+)/g, (_, name: string) => {
    const value = String(rest[name]);
    delete rest[name];
    return encodeURIComponent(value);
  });
  const given = Object.entries(rest).filter(([, value]) => value !== undefined);
  const query = new URLSearchParams(given.map(([key, value]): [string, string] => [key, String(value)]));
  const inQuery = readsQuery(route.method);
  const search = inQuery && given.length > 0 ? `?${query.toString()}` : '';
  const answer = await send(`${url}${path}${search}`, {
    method: route.method,
    headers: {
      authorization: `Bearer ${token}`,
      'x-workspace': caller.workspace,
      ...(inQuery ? {} : { 'content-type': 'application/json' }),
    },
    ...(inQuery ? {} : { body: JSON.stringify(Object.fromEntries(given)) }),
  });
  const body: unknown = await answer.json().catch(() => null);
  if (answer.ok) return route.reply.parse(body);
  const told = problem.safeParse(body);
  throw told.success
    ? errorOf(told.data)
    : new ReveilleError('unavailable', `The service at ${url} answered ${answer.status} without saying why`);
}

async function send(url: string, init: RequestInit): Promise<Response> {
  try {
    return await fetch(url, init);
  } catch (cause) {
    throw new ReveilleError('unavailable', `The service at ${new URL(url).origin} does not answer`, { cause });
  }
}
