import { customersSuite } from './customers.ts';
import { escalationsSuite } from './escalations.ts';
import type { StoreUnderTest } from './fixtures.ts';
import { interventionsSuite } from './interventions.ts';
import { listsSuite } from './lists.ts';
import { scansSuite } from './scans.ts';
import { workspacesSuite } from './workspaces.ts';

/** What every store must do, whatever database it stands on. `open` gives the store that all tests share. */
export function storeSuite(open: StoreUnderTest): void {
  customersSuite(open);
  scansSuite(open);
  interventionsSuite(open);
  escalationsSuite(open);
  listsSuite(open);
  workspacesSuite(open);
}
