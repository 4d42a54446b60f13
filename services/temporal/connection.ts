import { type ConnectionOptions, Client, Connection } from '@temporalio/client';
import { NativeConnection } from '@temporalio/worker';
import { SEARCH_ATTRIBUTES } from '../../domain/contracts/names.ts';
import { ReveilleError } from '../../domain/errors.ts';

/** A Temporal server and namespace, and how to show who we are. */
export interface TemporalTarget {
  /** `host:port` */
  address: string;
  namespace: string;
  apiKey: string | null;
  /** null: TLS where there is an API key, else none. */
  tls: NonNullable<ConnectionOptions['tls']> | null;
  /** gRPC headers sent with every call. */
  metadata: Record<string, string>;
}

const CONNECT_TIMEOUT_MS = 10_000;
/** gRPC waits for up to two minutes between attempts to reach a server that is back long since. */
const RECONNECT_MS = 2_000;

/** A server on this machine, as we start them: no TLS, no key. */
export const localTarget = (address: string, namespace = 'default'): TemporalTarget => ({
  address,
  namespace,
  apiKey: null,
  tls: null,
  metadata: {},
});

/**
 * A client of the target's namespace; close its connection when done.
 * @throws ReveilleError `unavailable` naming the address.
 */
export async function connectClient(target: TemporalTarget): Promise<Client> {
  try {
    const connection = await Connection.connect({
      ...connectionOptions(target),
      connectTimeout: CONNECT_TIMEOUT_MS,
      channelArgs: { 'grpc.max_reconnect_backoff_ms': RECONNECT_MS },
    });
    return new Client({ connection, namespace: target.namespace });
  } catch (cause) {
    throw unreachable(target, cause);
  }
}

/**
 * A connection that workers run on.
 * @throws ReveilleError `unavailable` naming the address.
 */
export async function connectWorkers(target: TemporalTarget): Promise<NativeConnection> {
  try {
    return await NativeConnection.connect(connectionOptions(target));
  } catch (cause) {
    throw unreachable(target, cause);
  }
}

function connectionOptions(target: TemporalTarget) {
  return {
    address: target.address,
    tls: target.tls ?? target.apiKey !== null,
    metadata: target.metadata,
    ...(target.apiKey === null ? {} : { apiKey: target.apiKey }),
  };
}

function unreachable(target: TemporalTarget, cause: unknown): ReveilleError {
  return new ReveilleError(
    'unavailable',
    `No Temporal server answers at ${target.address}; check TEMPORAL_ADDRESS, TLS and the API key`,
    { cause },
  );
}

const KEYWORD = 2; // temporal.api.enums.v1.IndexedValueType
const ALREADY_EXISTS = 6; // gRPC
const UNIMPLEMENTED = 12; // gRPC

/**
 * Creates those of our search attributes that the namespace lacks. Safe to call from several processes at once.
 * @throws ReveilleError `unavailable` when the server refuses or one exists with another type.
 */
export async function ensureSearchAttributes(
  connection: Connection | NativeConnection,
  target: { address: string; namespace: string },
): Promise<void> {
  const { namespace } = target;
  try {
    const { customAttributes } = await connection.operatorService
      .listSearchAttributes({ namespace })
      // The time-skipping test server can add them but not list them.
      .catch((error: unknown) => {
        if (grpcCode(error) === UNIMPLEMENTED) return { customAttributes: {} as Record<string, number> };
        throw error;
      });
    const missing = SEARCH_ATTRIBUTES.filter((name) => !customAttributes?.[name]);
    const wrong = SEARCH_ATTRIBUTES.filter((name) => customAttributes?.[name] && customAttributes[name] !== KEYWORD);
    if (wrong.length > 0) {
      throw new ReveilleError(
        'unavailable',
        `Search attributes ${wrong.join(', ')} of namespace ${namespace} at ${target.address} are not of type Keyword`,
      );
    }
    if (missing.length === 0) return;
    await connection.operatorService
      .addSearchAttributes({ namespace, searchAttributes: Object.fromEntries(missing.map((name) => [name, KEYWORD])) })
      .catch((error: unknown) => {
        if (grpcCode(error) !== ALREADY_EXISTS) throw error;
      });
  } catch (cause) {
    if (cause instanceof ReveilleError) throw cause;
    throw new ReveilleError(
      'unavailable',
      `Search attributes of namespace ${namespace} at ${target.address} cannot be created: an administrator may have to`,
      { cause },
    );
  }
}

/** The gRPC status of an error of the Temporal client, if it has one. */
export function grpcCode(error: unknown): number | undefined {
  const code = (error as { code?: unknown } | null | undefined)?.code;
  return typeof code === 'number' ? code : undefined;
}

/** The gRPC status of an error or of what caused it. */
export function statusOf(error: unknown): number | undefined {
  for (let next = error; next instanceof Error; next = next.cause) {
    const code = grpcCode(next);
    if (code !== undefined) return code;
  }
  return undefined;
}
