import type { LanguageModel } from '../domain/ports/language-model.ts';
import type { MemoryFiles } from '../domain/ports/memory-files.ts';
import type { Store } from '../domain/ports/store.ts';
import type { WorkflowService } from '../domain/ports/workflow-service.ts';

/** Everything activities reach the world through. */
export interface ActivityDependencies {
  store: Store;
  /** null: the agents decide by their rules. */
  model: LanguageModel | null;
  memory: MemoryFiles;
  workflows: WorkflowService;
  /** Who is told when an approval stays unanswered. */
  escalationOwner: string;
}
