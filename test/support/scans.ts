import { randomUUID } from 'node:crypto';
import type { Caller } from '../../client/api/routes.ts';
import { until } from '../workflows/suite/desk.ts';
import type { TestService } from './service.ts';

/** A scan that opens many interventions, of which some wait for approval; the others have been handed over. */
export async function scanApart(service: TestService, { workspace }: Caller): Promise<void> {
  const input = { workspace, maxInterventions: 24, riskThreshold: 0.5 };
  await service.run('customerScan', [input], `customer-scan/${workspace}/manual/${randomUUID()}`);
  await until(async () => {
    const { items } = await service.store.interventions.list(workspace, { limit: 500 });
    return items.every(({ state, endedAt }) => state === 'waiting_approval' || endedAt !== null);
  });
}
