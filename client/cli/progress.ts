/** Where progress goes: stderr, so that stdout holds results only. */
export interface ProgressStream {
  isTTY?: boolean;
  write(text: string): unknown;
}

const TERMINAL = { firstMs: 500, everyMs: 1_000 };
const PLAIN = { firstMs: 2_000, everyMs: 15_000 };
/** Back to the line's start, and clear it. */
const CLEAR = '\r\u001B[K';

/**
 * Does `work` and says so once it takes a while: on a terminal in one line that counts the seconds and goes when the
 * work is done, elsewhere in plain lines now and then.
 */
export async function during<Result>(
  words: string,
  work: () => Promise<Result>,
  stream: ProgressStream = process.stderr,
): Promise<Result> {
  const drawn = stream.isTTY === true && process.env['TERM'] !== 'dumb';
  const { firstMs, everyMs } = drawn ? TERMINAL : PLAIN;
  const begun = performance.now();
  let said = false;
  const say = (): void => {
    const seconds = Math.round((performance.now() - begun) / 1_000);
    const line = said || drawn ? `${words} (${seconds} s)` : `${words}…`;
    stream.write(drawn ? `${CLEAR}${line}` : `${line}\n`);
    said = true;
  };
  let every: NodeJS.Timeout | undefined;
  const first = setTimeout(() => {
    say();
    every = setInterval(say, everyMs);
  }, firstMs);
  try {
    return await work();
  } finally {
    clearTimeout(first);
    clearInterval(every);
    if (said && drawn) stream.write(CLEAR);
  }
}
