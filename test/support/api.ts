import { type ApiOptions, type ApiServer, startApi } from '../../client/api/server.ts';
import type { Problem } from '../../client/api/problem.ts';
import type { Operations } from '../../client/api/routes.ts';
import { DEFAULT_WORKSPACE } from '../../domain/contracts/names.ts';
import { quietLogger } from './service.ts';

export const TOKEN = 'a-token-for-tests';

/** What is needed of a store to let callers in; of a real one, or of none at all. */
export type AccessStore = ApiOptions['store'];

/** An API over `operations` on a port of its own, whose own token is `TOKEN`. */
export function startTestApi(
  operations: Operations,
  store: AccessStore,
  options: Partial<Pick<ApiOptions, 'ready' | 'rateLimit' | 'eventLimits'>> = {},
): Promise<ApiServer> {
  return startApi({
    operations,
    store,
    runtimeToken: { secret: TOKEN, actor: 'tester', workspace: DEFAULT_WORKSPACE },
    port: 0,
    rateLimit: 1_000_000,
    graceMs: 1_000,
    ready: async () => {},
    logger: quietLogger(),
    ...options,
  });
}

export interface Answer {
  status: number;
  type: string | null;
  headers: Headers;
  text: string;
  /** The body, whatever it is. */
  body: unknown;
  problem: Problem;
}

export interface Sent {
  method?: string;
  /** Sent as JSON, unless it is a string, which goes as it is. */
  body?: unknown;
  headers?: Record<string, string>;
  token?: string | null;
  workspace?: string;
}

/** One request to `api`, by default with its token. */
export async function request(api: ApiServer, path: string, sent: Sent = {}): Promise<Answer> {
  const { body, token = TOKEN, workspace, method = body === undefined ? 'GET' : 'POST' } = sent;
  const answer = await fetch(`${api.url}${path}`, {
    method,
    headers: {
      ...(token === null ? {} : { authorization: `Bearer ${token}` }),
      ...(workspace === undefined ? {} : { 'x-workspace': workspace }),
      ...(body === undefined ? {} : { 'content-type': 'application/json' }),
      ...sent.headers,
    },
    ...(body === undefined ? {} : { body: typeof body === 'string' ? body : JSON.stringify(body) }),
  });
  const text = await answer.text();
  const parsed: unknown = text === '' ? null : JSON.parse(text);
  return {
    status: answer.status,
    type: answer.headers.get('content-type'),
    headers: answer.headers,
    text,
    body: parsed,
    problem: parsed as Problem,
  };
}
