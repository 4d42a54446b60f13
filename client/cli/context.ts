import { userInfo } from 'node:os';
import { type Command, InvalidArgumentError } from 'commander';
import type { z } from 'zod';
import { formatDuration, parseDuration } from '../../domain/contracts/time-values.ts';
import { slug } from '../../domain/contracts/names.ts';
import { invalidInput } from '../../domain/errors.ts';
import { type Configuration, readConfiguration } from '../../services/configuration.ts';
import { type Logger, createLogger } from '../../services/logging.ts';
import type { Caller, Operations } from '../api/routes.ts';
import type { Runtime } from '../runtime-file.ts';
import { type Service, connectRunning, connectService } from '../service.ts';
import { during } from './progress.ts';

/** Options that every command takes. */
export interface GlobalOptions {
  json?: true;
  workspace?: string;
  debug?: true;
}

/** What a command works with. */
export interface Cli {
  configuration: Configuration;
  logger: Logger;
  caller: Caller;
  json: boolean;
  /** A result: `value` with `--json`, else the text. */
  print(text: string, value: unknown): void;
  /** A line of text that is not the result. With `--json` only a terminal gets it, so that a problem stands alone. */
  say(line: string): void;
  /** The same on stderr, for commands whose result a reader may want alone. */
  note(line: string): void;
  /** Does what may take long, and says so on stderr where `note` would. */
  during<Result>(words: string, work: () => Promise<Result>): Promise<Result>;
}

/** Reads configuration and global options for a command. @throws ReveilleError `invalid_input` */
export function openCli(command: Command): Cli {
  const options = command.optsWithGlobals<GlobalOptions>();
  const configuration = readConfiguration(process.env, process.cwd());
  const workspace = parseOption(slug, options.workspace ?? configuration.workspace, '--workspace');
  const json = options.json === true;
  // A command's own words say what failed; logs are for processes that stay.
  const silent = json && !process.stderr.isTTY;
  const quiet = process.env['REVEILLE_LOG_LEVEL'] ? configuration.logLevel : 'error';
  return {
    configuration: { ...configuration, workspace },
    logger: createLogger({ level: quiet, secrets: configuration.secrets }),
    caller: { workspace, actor: userName() },
    json,
    print: (text, value) => process.stdout.write(`${json ? JSON.stringify(value, null, 2) : text}\n`),
    say: (line) => void (silent || (json ? process.stderr : process.stdout).write(`${line}\n`)),
    note: (line) => void (silent || process.stderr.write(`${line}\n`)),
    during: (words, work) => (silent ? work() : during(words, work)),
  };
}

/** Who acts, as approvals and escalations note it. */
export function userName(): string {
  try {
    return userInfo().username;
  } catch {
    return 'unknown';
  }
}

/** Runs `work` on the running service, or on the store alone where none runs. */
export async function withService<Result>(
  cli: Cli,
  work: (operations: Operations, runtime: Runtime | null) => Promise<Result>,
): Promise<Result> {
  return closing(await connectService(cli.configuration, cli.logger), work);
}

/** Runs `work` on the running service. @throws ReveilleError `unavailable` that names `npm start` */
export async function withRunningService<Result>(
  cli: Cli,
  work: (operations: Operations) => Promise<Result>,
): Promise<Result> {
  return closing(await connectRunning(cli.configuration), work);
}

async function closing<Result>(
  service: Service,
  work: (operations: Operations, runtime: Runtime | null) => Promise<Result>,
): Promise<Result> {
  try {
    return await work(service.operations, service.runtime);
  } finally {
    await service.close();
  }
}

/** `value` as `schema` has it. @throws ReveilleError `invalid_input` that names the option as it was written */
export function parseOption<Schema extends z.ZodType>(schema: Schema, value: unknown, flag: string): z.output<Schema> {
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  throw invalidInput(result.error.issues.map(({ message }) => ({ path: flag, message })));
}

/** Option parser: a number from `least` to `most`. */
export function number(least: number, most = Number.MAX_VALUE): (text: string) => number {
  return (text) => {
    const value = Number(text);
    if (text.trim() !== '' && value >= least && value <= most) return value;
    throw new InvalidArgumentError(`It must be a number ${range(least, most)}.`);
  };
}

/** Option parser: a whole number from `least` to `most`. */
export function whole(least: number, most = Number.MAX_SAFE_INTEGER): (text: string) => number {
  return (text) => {
    const value = Number(text);
    if (text.trim() !== '' && Number.isSafeInteger(value) && value >= least && value <= most) return value;
    throw new InvalidArgumentError(`It must be a whole number ${range(least, most)}.`);
  };
}

function range(least: number, most: number): string {
  return most >= Number.MAX_SAFE_INTEGER ? `from ${least} on` : `from ${least} to ${most}`;
}

/** Option parser: a list such as `VIP,Loyal`. */
export function words(text: string): string[] {
  return text
    .split(',')
    .map((word) => word.trim())
    .filter((word) => word !== '');
}

const INTERVAL = { least: 1_000, most: 36_500 * 86_400_000 };

/** Option parser: a duration such as 90s, 5m, 2h, 3d; a bare number is minutes. Milliseconds. */
export function minutesOrDuration(text: string): number {
  const value = /^\d+(\.\d+)?$/.test(text) ? Math.round(Number(text) * 60_000) : parseDuration(text);
  if (value === undefined) throw new InvalidArgumentError('It must be minutes, or a duration such as 90s, 5m, 2h, 3d.');
  if (value >= INTERVAL.least && value <= INTERVAL.most) return value;
  const [least, most] = [formatDuration(INTERVAL.least), formatDuration(INTERVAL.most)];
  throw new InvalidArgumentError(`It must be from ${least} to ${most}.`);
}
