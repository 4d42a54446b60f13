import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';

const CLI = fileURLToPath(new URL('../../client/cli/main.ts', import.meta.url));
const READY = 'Worker process ready';
const READY_WITHIN_MS = 120_000;

/** `reveille worker` as a process of its own, or another command, or a script that stands in for it. */
export class WorkerProcess {
  readonly #child: ChildProcess;
  readonly exited: Promise<[code: number | null, signal: NodeJS.Signals | null]>;
  #log = '';

  private constructor(command: readonly string[], env: NodeJS.ProcessEnv, cwd: string) {
    this.#child = spawn(process.execPath, [...command], { env, cwd, stdio: ['ignore', 'ignore', 'pipe'] });
    this.exited = once(this.#child, 'exit') as Promise<[number | null, NodeJS.Signals | null]>;
    this.#child.stderr!.setEncoding('utf8').on('data', (text: string) => (this.#log += text));
    const killAtExit = (): void => void this.#child.kill('SIGKILL');
    process.once('exit', killAtExit);
    this.#child.once('exit', () => process.removeListener('exit', killAtExit));
  }

  /** With nothing of this process's own settings. */
  static start(options: {
    env: Record<string, string>;
    cwd: string;
    command?: 'worker' | 'serve';
    script?: string;
  }): WorkerProcess {
    const { PATH = '', HOME = '', NODE_COMPILE_CACHE = '' } = process.env;
    const command = options.script === undefined ? [CLI, options.command ?? 'worker'] : [options.script];
    return new WorkerProcess(command, { PATH, HOME, NODE_COMPILE_CACHE, ...options.env }, options.cwd);
  }

  get running(): boolean {
    return this.#child.exitCode === null && this.#child.signalCode === null;
  }

  /** What it logged. */
  get log(): string {
    return this.#log;
  }

  signal(signal: NodeJS.Signals): void {
    this.#child.kill(signal);
  }

  /** Resolves when it takes work. */
  async ready(): Promise<void> {
    const deadline = performance.now() + READY_WITHIN_MS;
    while (!this.#log.includes(READY)) {
      assert.ok(this.running, `the worker ended before it was ready\n${this.#log}`);
      assert.ok(performance.now() < deadline, `the worker did not become ready\n${this.#log}`);
      await delay(20);
    }
  }

  /** Resolves when it has killed itself at its failpoint. */
  async died(withinMs = 120_000): Promise<void> {
    const stop = new AbortController();
    const late = delay(withinMs, null, { signal: stop.signal }).catch(() => null);
    const exit = await Promise.race([this.exited, late]);
    stop.abort();
    assert.deepEqual(exit, [null, 'SIGKILL'], `its failpoint was never reached\n${this.#log}`);
  }

  /** Kills it where it still runs, stopped or not. */
  async end(): Promise<void> {
    if (!this.running) return;
    this.#child.kill('SIGKILL');
    await this.exited;
  }
}
