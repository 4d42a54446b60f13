import { userInfo } from 'node:os';
import { type Command, InvalidArgumentError } from 'commander';
import { parseDuration } from '../../domain/contracts/time-values.ts';
import { slug } from '../../domain/contracts/names.ts';
import { parse } from '../../domain/parse.ts';
import { type Configuration, readConfiguration } from '../../services/configuration.ts';
import { type Logger, createLogger } from '../../services/logging.ts';
import type { Caller, Operations } from '../api/routes.ts';
import type { Runtime } from '../runtime-file.ts';
import { connectService } from '../service.ts';

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
  /** A line of text that is not the result; stderr with `--json`. */
  say(line: string): void;
}

/** Reads configuration and global options for a command. @throws ReveilleError `invalid_input` */
export function openCli(command: Command): Cli {
  const options = command.optsWithGlobals<GlobalOptions>();
  const configuration = readConfiguration(process.env, process.cwd());
  const workspace = parse(slug, options.workspace ?? configuration.workspace, '--workspace');
  const json = options.json === true;
  // A command's own words say what failed; logs are for processes that stay.
  const quiet = process.env['REVEILLE_LOG_LEVEL'] ? configuration.logLevel : 'error';
  return {
    configuration: { ...configuration, workspace },
    logger: createLogger({ level: quiet, secrets: configuration.secrets }),
    caller: { workspace, actor: userName() },
    json,
    print: (text, value) => process.stdout.write(`${json ? JSON.stringify(value, null, 2) : text}\n`),
    say: (line) => (json ? process.stderr : process.stdout).write(`${line}\n`),
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
  const service = await connectService(cli.configuration, cli.logger);
  try {
    return await work(service.operations, service.runtime);
  } finally {
    await service.close();
  }
}

/** Option parser: a number. */
export function number(text: string): number {
  const value = Number(text);
  if (text.trim() === '' || !Number.isFinite(value)) throw new InvalidArgumentError('must be a number');
  return value;
}

/** Option parser: a list such as `VIP,Loyal`. */
export function words(text: string): string[] {
  return text
    .split(',')
    .map((word) => word.trim())
    .filter((word) => word !== '');
}

/** Option parser: a duration such as 90s, 5m, 2h, 3d; a bare number is minutes. Milliseconds. */
export function minutesOrDuration(text: string): number {
  const value = /^\d+$/.test(text) ? Number(text) * 60_000 : parseDuration(text);
  if (!value) throw new InvalidArgumentError('must be minutes, or a duration such as 90s, 5m, 2h');
  return value;
}
