import { randomUUID } from 'node:crypto';
import type { Caller } from '../../client/api/routes.ts';
import type { TestService } from './service.ts';

/** A scan that opens many interventions, and some of them wait for approval. */
export async function scanApart(service: TestService, { workspace }: Caller): Promise<void> {
  const input = { workspace, maxInterventions: 24, riskThreshold: 0.5 };
  await service.run('customerScan', [input], `customer-scan/${workspace}/manual/${randomUUID()}`);
}
