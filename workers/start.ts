import { Client } from '@temporalio/client';
import { correlationInterceptor } from '../activities/correlation.ts';
import { createActivities } from '../activities/index.ts';
import type { MemoryFiles } from '../domain/ports/memory-files.ts';
import type { Store } from '../domain/ports/store.ts';
import type { Configuration } from '../services/configuration.ts';
import { createDialler } from '../services/dialler.ts';
import { createFailpoint } from '../services/failpoints.ts';
import { createLanguageModel } from '../services/language-model.ts';
import type { Logger } from '../services/logging.ts';
import { createMemoryFiles } from '../services/memory-files.ts';
import { createContactService } from '../services/temporal/contacts.ts';
import { type TemporalTarget, connectWorkers, ensureSearchAttributes } from '../services/temporal/connection.ts';
import { createScheduleService } from '../services/temporal/schedules/service.ts';
import { createWorkflowService } from '../services/temporal/workflow-service.ts';
import { bookingDependencies } from './booking.ts';
import { loadWorkflowBundle } from './bundle.ts';
import { contactsOfActivities } from './contacts.ts';
import { deliveryDependencies } from './delivery.ts';
import { ALL_QUEUES, type QueueName, served } from './registry.ts';
import { type RunningWorkers, type WorkersOptions, startWorkers } from './run-worker.ts';

export interface ReveilleWorkersOptions {
  configuration: Configuration;
  target: TemporalTarget;
  /** Stays open: whoever opened it closes it, after `drain`. */
  store: Store;
  /** Files under the data folder when absent. */
  memory?: MemoryFiles;
  logger: Logger;
  queues?: readonly QueueName[];
  tuning?: WorkersOptions['tuning'];
}

/**
 * Connects to Temporal, makes sure of the search attributes and starts the workers of `queues` (all by default) with
 * their activities put together. The connection is closed when they have stopped, by `drain` or by a failure.
 * @throws ReveilleError `unavailable` when Temporal does not answer or production has no workflow bundle
 */
export async function startReveilleWorkers(options: ReveilleWorkersOptions): Promise<RunningWorkers> {
  const { configuration, target, store, logger, queues = ALL_QUEUES } = options;
  const [connection, workflowBundle] = await Promise.all([
    connectWorkers(target),
    loadWorkflowBundle({ production: configuration.production, logger }),
  ]);
  const dialler = createDialler({ allowPrivateHosts: configuration.allowPrivateHosts });
  const close = (): Promise<unknown> => Promise.all([connection.close(), dialler[Symbol.asyncDispose]()]);
  try {
    await ensureSearchAttributes(connection, target);
    const { llm } = configuration;
    const client = new Client({ connection, namespace: target.namespace });
    const activities = createActivities({
      store,
      model: llm && createLanguageModel({ ...llm, apiKey: llm.apiKey ?? undefined }),
      memory: options.memory ?? createMemoryFiles(configuration.dataDir),
      workflows: createWorkflowService(client),
      contacts: contactsOfActivities(createContactService(client)),
      upkeep: createScheduleService({ store, client, minIntervalMs: configuration.minIntervalMs }),
      delivery: deliveryDependencies(configuration, { store, logger, dialler }),
      booking: bookingDependencies(configuration, { store, dialler }),
      failpoint: createFailpoint(configuration.fault),
      escalationOwner: configuration.escalationOwner,
      runRetentionMs: configuration.runRetentionMs,
    });
    const workers = await startWorkers({
      connection,
      namespace: target.namespace,
      queues: queues.map((taskQueue) => {
        const { workflows, activities: own } = served(taskQueue, activities);
        return { taskQueue, workflowBundle: workflows ? workflowBundle : null, activities: own };
      }),
      shutdownGraceMs: configuration.shutdownGraceMs,
      logger,
      activityInterceptors: [correlationInterceptor(logger)],
      ...(options.tuning ? { tuning: options.tuning } : {}),
    });
    const completed = workers.completed.finally(close);
    completed.catch(() => {});
    return { ...workers, completed, drain: () => Promise.all([workers.drain(), completed]).then(() => {}) };
  } catch (error) {
    await close();
    throw error;
  }
}
