import type { LanguageModel } from '../domain/ports/language-model.ts';
import type { MemoryFiles } from '../domain/ports/memory-files.ts';
import type { Store } from '../domain/ports/store.ts';
import type { ScheduleUpkeep, WorkflowService } from '../domain/ports/workflow-service.ts';

/** Everything activities reach the world through. */
export interface ActivityDependencies {
  store: Store;
  /** null: the agents decide by their rules. */
  model: LanguageModel | null;
  memory: MemoryFiles;
  workflows: WorkflowService;
  upkeep: ScheduleUpkeep;
  /** Who is told when an approval stays unanswered. */
  escalationOwner: string;
  /** How long ended runs are kept in the ledger, in milliseconds. */
  runRetentionMs: number;
}
