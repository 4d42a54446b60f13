import { writeFile } from 'node:fs/promises';
import { relative } from 'node:path';
import { Readable } from 'node:stream';
import { run } from 'node:test';
import { junit, spec } from 'node:test/reporters';

const PER_TEST_MS = 120_000;
/**
 * Nothing heard of a file for so long, longer than any test gives itself: none of it can be running any more, so something keeps
 * it from ending.
 */
const SILENCE_MS = 310_000;
/** Two cores; and servers, workers and databases that each file brings along. */
const CONCURRENCY = 2;
/** Files that wait for real time to go by and leave the cores alone: one after the other, beside all others. */
const REAL_TIME = /\.real-time\.test\.\w+$/;

export interface SuiteCounts {
  passed: number;
  failed: number;
  skipped: number;
  /** What failed or was skipped, a line each. */
  failures: string[];
  skips: string[];
}

export interface SuiteOptions {
  /** Paths are shown as seen from here. */
  root: string;
  /** Takes the readable report. */
  out: NodeJS.WritableStream;
  junitFile?: string;
  perTestMs?: number;
  silenceMs?: number;
}

type TestEvents = ReturnType<typeof run>;
type TestEvent = TestEvents extends AsyncIterable<infer Event> ? Event : never;

/**
 * Runs test files, each in a process of its own, and counts from the runner's own events. A file that crashes, does not
 * end or holds no test is a failure.
 */
export async function runSuites(files: readonly string[], options: SuiteOptions): Promise<SuiteCounts> {
  const total = none();
  const all: TestEvent[] = [];
  const lane = async (waiting: string[]): Promise<void> => {
    for (let file = waiting.shift(); file !== undefined; file = waiting.shift()) {
      const { counts, events } = await runFile(file, options);
      add(total, counts);
      all.push(...events);
      // Told at the end of each file, so that two files do not mix their lines.
      for await (const text of Readable.from(events.filter(isReport)).compose(new spec())) options.out.write(text);
    }
  };
  const shared = files.filter((file) => !REAL_TIME.test(file));
  const realTime = files.filter((file) => REAL_TIME.test(file));
  await Promise.all([lane(realTime), ...Array.from({ length: CONCURRENCY }, () => lane(shared))]);
  if (options.junitFile !== undefined) {
    await writeFile(options.junitFile, Readable.from(all).compose(junit));
  }
  return total;
}

const none = (): SuiteCounts => ({ passed: 0, failed: 0, skipped: 0, failures: [], skips: [] });

function add(total: SuiteCounts, counts: SuiteCounts): void {
  total.passed += counts.passed;
  total.failed += counts.failed;
  total.skipped += counts.skipped;
  total.failures.push(...counts.failures);
  total.skips.push(...counts.skips);
}

async function runFile(file: string, options: SuiteOptions): Promise<{ counts: SuiteCounts; events: TestEvent[] }> {
  const counts = none();
  const { perTestMs = PER_TEST_MS, silenceMs = SILENCE_MS } = options;
  const name = relative(options.root, file);
  const stop = new AbortController();
  const silence = setTimeout(() => stop.abort(), silenceMs);
  const events = run({ files: [file], timeout: perTestMs, signal: stop.signal });
  count(events, file, name, counts);
  const told: TestEvent[] = [];
  for await (const event of events) {
    silence.refresh();
    told.push(event);
  }
  clearTimeout(silence);
  if (stop.signal.aborted) fail(counts, `${name}: did not end; something it started is still there`);
  else if (counts.passed + counts.failed + counts.skipped === 0) fail(counts, `${name}: holds no test`);
  return { counts, events: told };
}

/** Not the totals of one file; the run has its own. */
function isReport(event: TestEvent): boolean {
  return (
    event.type !== 'test:diagnostic' ||
    !/^(tests|suites|pass|fail|cancelled|skipped|todo|duration_ms) [\d.]+$/.test(event.data.message)
  );
}

function count(events: TestEvents, file: string, name: string, counts: SuiteCounts): void {
  events.on('test:pass', (event) => {
    // Suites only sum up their tests; the file as a whole shows as one test that bears its path.
    if (event.details.type === 'suite' || event.name === file) return;
    if (event.skip === undefined && event.todo === undefined) {
      counts.passed++;
      return;
    }
    counts.skipped++;
    counts.skips.push(
      `${name}: ${event.name}${typeof event.skip === 'string' && event.skip ? ` (${event.skip})` : ''}`,
    );
  });
  events.on('test:fail', (event) => {
    const failure = 'failureType' in event.details.error ? event.details.error.failureType : undefined;
    // What fails only because a part of it did says nothing new; what is stopped for its silence is told by the caller.
    if (failure === 'subtestsFailed' || failure === 'testAborted') return;
    fail(counts, event.name === file ? `${name}: ended with an error of its own` : `${name}: ${event.name}`);
  });
}

function fail(counts: SuiteCounts, line: string): void {
  counts.failed++;
  counts.failures.push(line);
}
