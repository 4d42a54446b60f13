import { Runtime } from '@temporalio/worker';
import { type Logger, temporalLogger } from '../services/logging.ts';

/**
 * Sets the SDK's runtime up for this process, once, before the first connection: its logs go through `logger`, its
 * metrics are served in Prometheus form on `metricsAddress` (`host:port`), and signals are left to us. It ends with its last
 * connection; where none ever came to be, `release` ends it, or the process would never exit. Releasing it twice is safe.
 */
export function installRuntime(options: { logger: Logger; metricsAddress?: string }): {
  release(): Promise<void>;
} {
  const runtime = Runtime.install({
    logger: temporalLogger(options.logger.child({ component: 'temporal' })),
    // The order of release is ours: workers drain first, then what they need goes.
    shutdownSignals: [],
    telemetryOptions: {
      logging: { filter: { core: 'WARN', other: 'ERROR' }, forward: {} },
      ...(options.metricsAddress === undefined
        ? {}
        : { metrics: { prometheus: { bindAddress: options.metricsAddress } } }),
    },
  });
  return { release: () => runtime.shutdown() };
}
