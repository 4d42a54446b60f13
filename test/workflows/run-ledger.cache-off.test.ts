import { CACHE_OFF } from './suite/desk.ts';
import { runLedgerKeeps } from './suite/run-ledger.ts';

runLedgerKeeps('Without a workflow cache, the run ledger keeps', CACHE_OFF);
