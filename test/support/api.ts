import assert from 'node:assert/strict';
import { type Problem, problem } from '../../client/api/problem.ts';
import type { Operations } from '../../client/api/routes.ts';
import { type ApiOptions, type ApiServer, startApi } from '../../client/api/server.ts';
import { createOperations } from '../../client/operations/index.ts';
import { DEFAULT_WORKSPACE } from '../../domain/contracts/names.ts';
import type { Scope } from '../../domain/contracts/tokens.ts';
import type { Store } from '../../domain/ports/store.ts';
import { openDesk } from '../../services/calendars/open-desk.ts';
import type { BookingConfiguration } from '../../services/calendars/settings.ts';
import { createDialler } from '../../services/dialler.ts';
import { openStore } from '../../services/store/open-store.ts';
import { quietLogger, temporaryFolder } from './service.ts';
import { cacheDir } from './temporal.ts';

export const TOKEN = 'a-token-for-tests';

/** An API over `operations` on a port of its own, whose own token is `TOKEN`; all others are those of `store`. */
export function startTestApi(
  operations: Operations,
  store: ApiOptions['store'],
  options: Partial<Pick<ApiOptions, 'ready' | 'rateLimit' | 'eventLimits' | 'logger' | 'links' | 'contacts'>> = {},
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

export interface StoreApi {
  api: ApiServer;
  store: Store;
  operations: Operations;
  folder: string;
  /** Makes a token through the API itself. */
  token(scopes: Scope[], workspace: string | null): Promise<{ tokenId: string; token: string }>;
  stop(): Promise<void>;
}

/**
 * An API over an embedded store of its own, without Temporal. `change` may put operations of the test's in place; `booking` are its
 * calendars.
 */
export async function startStoreApi(
  options: Parameters<typeof startTestApi>[2] & {
    change?: (operations: Operations) => Partial<Operations>;
    booking?: BookingConfiguration;
  } = {},
): Promise<StoreApi> {
  const { change, booking, ...rest } = options;
  const folder = temporaryFolder();
  const store = await openStore({ dataDir: folder.path, cacheDir: cacheDir() });
  const dialler = createDialler();
  const desk = booking && openDesk({ booking, timezone: 'UTC', dataDir: folder.path }, { store, dialler });
  const real = createOperations({ store, temporal: null, minIntervalMs: 10_000, ...(desk && { desk }) });
  const operations = { ...real, ...change?.(real) };
  const api = await startTestApi(operations, store, { ready: () => store.ping(), ...rest });
  return {
    api,
    store,
    operations,
    folder: folder.path,
    async token(scopes, workspace) {
      const made = await request(api, '/api/tokens', { body: { name: 'made by a test', scopes, workspace } });
      assert.equal(made.status, 201, made.text);
      return made.body as { tokenId: string; token: string };
    },
    async stop() {
      await api.close();
      await dialler[Symbol.asyncDispose]();
      await store.close();
      folder.remove();
    },
  };
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
  workspace?: string | undefined;
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
  const json = /json/.test(answer.headers.get('content-type') ?? '');
  const parsed: unknown = text === '' || !json ? null : JSON.parse(text);
  return {
    status: answer.status,
    type: answer.headers.get('content-type'),
    headers: answer.headers,
    text,
    body: parsed,
    problem: parsed as Problem,
  };
}

/** Words that only a stack, a driver or a path of this machine would have. */
export const LEAKS = /node_modules|\.ts\b|select |insert |pglite|postgres|grpc|zod|fastify|^\s+at /im;

/** Every error is a problem that names its request, and says nothing of what is inside. */
export function assertProblem(answer: Answer, status: number, code: string): void {
  assert.equal(answer.status, status, answer.text);
  assert.match(answer.type ?? '', /^application\/problem\+json/);
  const told = problem.parse(answer.body);
  assert.equal(told.status, status);
  assert.equal(told.code, code);
  assert.equal(told.requestId, answer.headers.get('x-request-id'));
  assert.match(told.requestId ?? '', /^[0-9a-f-]{36}$/);
  assert.doesNotMatch(answer.text, LEAKS);
}
