import type { WorkflowInfo } from '@temporalio/workflow';

/** What the SDK tells of a workflow, without its two functions: those cannot be sent to a thread or back. */
export function sendableInfo(info: WorkflowInfo): WorkflowInfo {
  const { now: _now, random: _random, ...unsafe } = info.unsafe;
  return { ...info, unsafe: unsafe as WorkflowInfo['unsafe'] };
}
