import type { Logger } from '../services/logging.ts';
import type { RunningWorkers } from './run-worker.ts';

const SIGNALS = ['SIGTERM', 'SIGINT'] as const;

/**
 * Waits for SIGTERM, SIGINT or a worker's failure, then drains. A second signal ends the process at once with 1.
 * @returns the exit code: 0 when all work in progress ended, 1 when some had to be given up
 * @throws what a worker failed with before anyone asked it to stop
 */
export async function untilStopped(
  workers: RunningWorkers,
  options: { logger: Logger; graceMs: number },
): Promise<number> {
  const { logger, graceMs } = options;
  let onSignal: (signal: NodeJS.Signals) => void = () => {};
  const signalled = new Promise<NodeJS.Signals>((resolve) => {
    onSignal = resolve;
  });
  const force = (signal: NodeJS.Signals): void => {
    logger.fatal({ signal }, 'Told to stop twice: stopping at once');
    process.exit(1);
  };
  for (const signal of SIGNALS) process.once(signal, onSignal);
  try {
    const signal = await Promise.race([signalled, workers.completed]);
    if (!signal) return 0;
    for (const each of SIGNALS) process.off(each, onSignal).once(each, force);
    logger.info({ signal, graceMs }, 'Draining: no new work is taken');
    await workers.drain();
    logger.info('Drained');
    return 0;
  } catch (error) {
    if (!(error instanceof Error) || error.name !== 'GracefulShutdownPeriodExpiredError') throw error;
    logger.error({ err: error }, 'Work in progress did not end in time; Temporal will hand it to another worker');
    return 1;
  } finally {
    for (const each of SIGNALS) process.off(each, onSignal).off(each, force);
  }
}
