import { hostname } from 'node:os';
import type { Client } from '@temporalio/client';
import { TASK_QUEUES } from '../../domain/contracts/names.ts';
import { processStarted } from '../../services/process-identity.ts';

const WORKFLOW_QUEUE = 1; // temporal.api.enums.v1.TaskQueueType
const TIMEOUT_MS = 5_000;
/** A poll lasts a minute, and the server lists who polled in the last five. */
const LIVING_MS = 75_000;

/** Who polls our task queue for workflows, as far as the server and this machine know. */
export async function livePollers({ connection, options: { namespace } }: Client): Promise<string[]> {
  const { pollers } = await connection.withDeadline(Date.now() + TIMEOUT_MS, () =>
    connection.workflowService.describeTaskQueue({
      namespace,
      taskQueue: { name: TASK_QUEUES.main },
      taskQueueType: WORKFLOW_QUEUE,
    }),
  );
  return (pollers ?? [])
    .filter(({ lastAccessTime }) => Date.now() - Number(lastAccessTime?.seconds ?? 0) * 1_000 < LIVING_MS)
    .map(({ identity }) => identity ?? 'unknown')
    .filter((identity) => !hasEnded(identity));
}

/** Whether `pid@host`, the SDK's name for a worker, is of a process of this machine that is no more. */
function hasEnded(identity: string): boolean {
  const [, pid, host] = /^(\d+)@(.+)$/.exec(identity) ?? [];
  return host === hostname() && processStarted(Number(pid)) === null;
}
