import { runLedgerKeeps } from './suite/run-ledger.ts';

runLedgerKeeps('The run ledger keeps');
