import type { Logger as TemporalLogger, LogLevel } from '@temporalio/common';
import { type DestinationStream, type Logger, pino, stdTimeFunctions } from 'pino';
import { ERROR_CATALOGUE } from '../domain/errors.ts';

export type { Logger };

/**
 * The only fields a log line may carry; any other is shown as `[redacted]`, so that a new field is a decision. Customer
 * data, message texts, inputs and headers are not among them.
 */
const LOG_FIELDS = new Set(
  `level time msg pid err component
   correlationId requestId workspace contactId effectKey purpose scanId interventionId bookingId scheduleId
   workflowId runId firstExecutionRunId workflowType activityId activityType attempt isLocal
   namespace taskQueue queues identity buildId address sdkComponent target spanContexts state pollers
   signal port path version how statusCode method route code reason failure model
   count customerCount attempts bytes size durationMs elapsedMs graceMs`.split(/\s+/),
);

/**
 * JSON lines on stderr (stdout is for results). Correlation ids come in through `logger.child({ correlationId })`.
 * `secrets` never appear, wherever they turn up.
 */
export function createLogger(
  options: { level: string; secrets?: readonly string[] },
  destination: DestinationStream = pino.destination({ dest: 2, sync: true }),
): Logger {
  const secrets = (options.secrets ?? []).map((secret) => JSON.stringify(secret).slice(1, -1));
  return pino(
    {
      level: options.level,
      base: { pid: process.pid },
      timestamp: stdTimeFunctions.isoTime,
      formatters: { level: (label) => ({ level: label }) },
      serializers: { err: describeError },
      hooks: { streamWrite: (line) => secrets.reduce(withoutSecret, withoutCredentials(allowed(line))) },
    },
    destination,
  );
}

/** Sends what the Temporal SDK logs, core, workflows and activities included, through `logger`. */
export function temporalLogger(logger: Logger): TemporalLogger {
  const isRepeated = repetitions();
  const write = (given: LogLevel, message: string, meta: Record<string, unknown> = {}): void => {
    const { error, ...fields } = meta;
    const level = isRepeated(message, error) ? 'DEBUG' : given;
    logger[PINO_LEVEL[level]](error === undefined ? fields : { ...fields, err: error }, message);
  };
  return {
    log: write,
    trace: (message, meta) => write('TRACE', message, meta),
    debug: (message, meta) => write('DEBUG', message, meta),
    info: (message, meta) => write('INFO', message, meta),
    warn: (message, meta) => write('WARN', message, meta),
    error: (message, meta) => write('ERROR', message, meta),
  };
}

/** While Temporal or the store is away each poller and each activity tells of each attempt: one line a minute says as much. */
const REPEATED_MS = 60_000;
const RETRIED = /^gRPC call \S+ retried \d+ times/;

/** Whether a line says only what another has said within the minute. */
function repetitions(): (message: string, error: unknown) => boolean {
  const toldAt = new Map<string, number>();
  return (message, error) => {
    const away = (error as { type?: unknown } | undefined)?.type === ERROR_CATALOGUE.unavailable.failureType;
    const what = RETRIED.test(message) ? 'gRPC' : away ? message : null;
    if (what === null) return false;
    const now = performance.now();
    if (now - (toldAt.get(what) ?? -Infinity) < REPEATED_MS) return true;
    toldAt.set(what, now);
    return false;
  };
}

const PINO_LEVEL = { TRACE: 'trace', DEBUG: 'debug', INFO: 'info', WARN: 'warn', ERROR: 'error' } as const;

/**
 * The line with the fields that may be in it. Done on the finished line, since pino's own formatters do not see what
 * child loggers add.
 */
function allowed(line: string): string {
  const fields = JSON.parse(line) as Record<string, unknown>;
  for (const key of Object.keys(fields)) if (!LOG_FIELDS.has(key)) fields[key] = '[redacted]';
  return `${JSON.stringify(fields)}\n`;
}

/** An error as type, message, code and stack, with its causes; other properties may hold requests or rows. */
function describeError(error: unknown, depth = 0): unknown {
  if (!(error instanceof Error)) return { message: String(error) };
  const code = (error as { code?: unknown }).code;
  return {
    type: error.name,
    message: error.message,
    ...(typeof code === 'string' || typeof code === 'number' ? { code } : {}),
    stack: error.stack,
    ...(error.cause === undefined || depth >= 4 ? {} : { cause: describeError(error.cause, depth + 1) }),
  };
}

const withoutSecret = (line: string, secret: string): string =>
  secret.length < 4 ? line : line.replaceAll(secret, '[redacted]');

/** Drivers put connection strings and headers into their messages. */
function withoutCredentials(line: string): string {
  return line
    .replace(/(\w:\/\/)[^\s/@"\\]+@/g, '$1[redacted]@')
    .replace(/\b(Bearer|Basic)\s+[\w.~+/=-]{8,}/gi, '$1 [redacted]');
}
