import type { Configuration } from '../../services/configuration.ts';
import { type TemporalTarget, localTarget } from '../../services/temporal/connection.ts';
import { noService } from '../no-service.ts';
import { runningService } from '../service.ts';

/**
 * The Temporal server a command talks to: the running service's, else the configured one.
 * @throws ReveilleError `unavailable` when there is neither
 */
export async function temporalTarget({ dataDir, temporal }: Configuration): Promise<TemporalTarget> {
  if (temporal.address !== null) return { ...temporal, address: temporal.address };
  const runtime = await runningService(dataDir);
  if (runtime) return localTarget(runtime.temporal, runtime.namespace);
  throw noService(', or set TEMPORAL_ADDRESS');
}
