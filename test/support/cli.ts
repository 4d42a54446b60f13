import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync, readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Problem } from '../../client/api/problem.ts';
import { temporaryFolder } from './service.ts';
import { cacheDir } from './temporal.ts';

const MAIN = fileURLToPath(new URL('../../client/cli/main.ts', import.meta.url));
const COMMAND_TIMEOUT_MS = 60_000;

export interface CliResult {
  code: number | null;
  stdout: string;
  stderr: string;
}

/** A folder of its own with the CLI as a child process in it. `end` kills what is left and removes the folder. */
export class CliFolder {
  readonly path: string;
  readonly #remove: () => void;
  readonly #running = new Set<CliProcess>();

  constructor() {
    const folder = temporaryFolder();
    this.path = folder.path;
    this.#remove = folder.remove;
  }

  /** Starts `reveille …args`; `env` over an environment without the user's own settings. */
  start(args: readonly string[], env: NodeJS.ProcessEnv = {}): CliProcess {
    const started = new CliProcess(this.path, args, env);
    this.#running.add(started);
    void started.ended.then(() => this.#running.delete(started));
    return started;
  }

  async run(args: readonly string[], env: NodeJS.ProcessEnv = {}): Promise<CliResult> {
    return this.start(args, env).ended;
  }

  /** Runs it, which must succeed, and returns what `--json` printed. */
  async json<Value>(args: readonly string[], env: NodeJS.ProcessEnv = {}): Promise<Value> {
    const { code, stdout, stderr } = await this.run([...args, '--json'], env);
    assert.equal(code, 0, `${args.join(' ')}: ${stderr}`);
    return JSON.parse(stdout) as Value;
  }

  /** Runs it with `--json`, which must fail with `code`, nothing on stdout, and only the problem on stderr. */
  async problem(code: number, args: readonly string[], env: NodeJS.ProcessEnv = {}): Promise<Problem> {
    const result = await this.run([...args, '--json'], env);
    assert.deepEqual({ code: result.code, stdout: result.stdout }, { code, stdout: '' }, result.stderr);
    return JSON.parse(result.stderr) as Problem;
  }

  /** What is in `.reveille`. */
  contents(): string[] {
    return readdirSync(join(this.path, '.reveille')).toSorted();
  }

  /** Notes of processes that were started and have not ended. */
  notes(): string[] {
    const folder = join(this.path, '.reveille', 'processes');
    return existsSync(folder) ? readdirSync(folder) : [];
  }

  runtime(): { pid: number; api: string; token: string; temporal: string } {
    return JSON.parse(readFileSync(join(this.path, '.reveille', 'runtime.json'), 'utf8')) as ReturnType<
      CliFolder['runtime']
    >;
  }

  async end(): Promise<void> {
    await Promise.all([...this.#running].map((each) => each.kill('SIGKILL')));
    this.#remove();
  }
}

/** One `reveille …` running. */
export class CliProcess {
  readonly ended: Promise<CliResult>;
  readonly #child: ChildProcess;
  readonly #watchers = new Set<() => void>();
  stdout = '';
  stderr = '';

  constructor(cwd: string, args: readonly string[], env: NodeJS.ProcessEnv) {
    const child = spawn(process.execPath, [MAIN, ...args], { cwd, env: { ...cleanEnvironment(), ...env } });
    this.#child = child;
    const took = setTimeout(() => child.kill('SIGKILL'), 2 * COMMAND_TIMEOUT_MS);
    child.stdout.setEncoding('utf8').on('data', (text: string) => this.#add('stdout', text));
    child.stderr.setEncoding('utf8').on('data', (text: string) => this.#add('stderr', text));
    this.ended = new Promise((resolve) => {
      child.on('close', (code) => {
        clearTimeout(took);
        resolve({ code, stdout: this.stdout, stderr: this.stderr });
        this.#tell();
      });
    });
  }

  get pid(): number {
    return this.#child.pid ?? 0;
  }

  /** Resolves once stdout and stderr together match. */
  async says(pattern: RegExp, withinMs = COMMAND_TIMEOUT_MS): Promise<void> {
    const deadline = performance.now() + withinMs;
    while (!pattern.test(this.stdout + this.stderr)) {
      assert.equal(this.#child.exitCode ?? this.#child.signalCode, null, `it ended: ${this.stdout}${this.stderr}`);
      assert.ok(performance.now() < deadline, `${pattern} not in: ${this.stdout}${this.stderr}`);
      await this.#more(deadline - performance.now());
    }
  }

  async kill(signal: NodeJS.Signals): Promise<CliResult> {
    this.#child.kill(signal);
    return this.ended;
  }

  #add(stream: 'stdout' | 'stderr', text: string): void {
    this[stream] += text;
    this.#tell();
  }

  #tell(): void {
    for (const watcher of this.#watchers) watcher();
  }

  #more(withinMs: number): Promise<void> {
    return new Promise((resolve) => {
      const done = (): void => {
        clearTimeout(timer);
        this.#watchers.delete(done);
        resolve();
      };
      const timer = setTimeout(done, withinMs);
      this.#watchers.add(done);
    });
  }
}

/** Without settings of whoever runs the tests; servers from the cache, ports chosen by the system, the same at night. */
function cleanEnvironment(): NodeJS.ProcessEnv {
  const kept = Object.entries(process.env).filter(
    ([name]) => !/^(REVEILLE_|TEMPORAL_|DATABASE_URL$|NODE_OPTIONS$|NODE_TEST_CONTEXT$|TERM$)/.test(name),
  );
  return {
    ...Object.fromEntries(kept),
    REVEILLE_CACHE_DIR: cacheDir(),
    REVEILLE_PORT: '0',
    REVEILLE_QUIET_HOURS: 'none',
  };
}
