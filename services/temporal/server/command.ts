import { execFile } from 'node:child_process';

const PROGRESS_MS = 15_000;

/** How a program ended: `output` is what it wrote on both streams, `ok` whether it exited with 0 in time. */
export interface CommandResult {
  ok: boolean;
  output: string;
}

export interface CommandOptions {
  env?: NodeJS.ProcessEnv;
  cwd?: string;
  timeoutMs: number;
  /** Called with the seconds gone by, every 15 s. */
  onProgress?: (seconds: number) => void;
  /** Ends the program. */
  signal?: AbortSignal;
}

/** Runs a program to its end. Never throws: one that is not there is `ok: false` with the reason. */
export async function runCommand(
  file: string,
  args: readonly string[],
  options: CommandOptions,
): Promise<CommandResult> {
  const started = performance.now();
  const seconds = (): number => Math.round((performance.now() - started) / 1_000);
  const progress = setInterval(() => options.onProgress?.(seconds()), PROGRESS_MS);
  try {
    return await new Promise((resolve) => {
      execFile(
        file,
        args,
        {
          timeout: options.timeoutMs,
          killSignal: 'SIGKILL',
          maxBuffer: 16 * 1024 * 1024,
          ...(options.env ? { env: options.env } : {}),
          ...(options.cwd ? { cwd: options.cwd } : {}),
          ...(options.signal ? { signal: options.signal } : {}),
        },
        (error, stdout, stderr) => {
          const output = `${stdout}\n${stderr}`.trim();
          const reason = error?.killed ? `took more than ${seconds()} s` : output || error?.message || '';
          resolve({ ok: error === null, output: error ? reason : output });
        },
      );
    });
  } finally {
    clearInterval(progress);
  }
}

/** The last line that says something, for a message of one line. */
export function lastLine(output: string): string {
  const lines = output.split('\n').map((line) => line.trim());
  return lines.findLast((line) => line !== '')?.slice(0, 300) ?? 'no reason given';
}
