/**
 * A thread in which workflows run, as `workflow-threads.ts` starts it. Workflows are the SDK's; what it does around them and we
 * leave out is said there.
 */
import { parentPort } from 'node:worker_threads';
import proto from '@temporalio/proto';
import { ReusableVMWorkflowCreator } from '@temporalio/worker/lib/workflow/reusable-vm.js';
import { globalHandlers } from '@temporalio/worker/lib/workflow/vm-shared.js';
import { sendableInfo } from './sendable-info.ts';
import type { Activated, Answer, Question } from './workflow-threads.ts';

if (parentPort === null) throw new TypeError('This runs in a thread of a worker');
const main = parentPort;
const { WorkflowActivation } = proto.coresdk.workflow_activation;

// Where each promise was made: the SDK compiles two functions and writes a trace for every one.
globalHandlers['setPromiseHook'] = () => {};

let creator: ReusableVMWorkflowCreator | undefined;
const workflows = ReusableVMWorkflowCreator.workflowByRunId;

async function answer(question: Question): Promise<Activated | null> {
  if ('bundle' in question) {
    const { bundle, activityNames } = question;
    // The SDK takes any duration of its guard, and hands on to Node that there is none.
    const noGuard = undefined as unknown as number;
    creator = await ReusableVMWorkflowCreator.create(bundle, noGuard, activityNames);
    return null;
  }
  if ('disposed' in question) {
    await workflows.get(question.disposed)?.dispose();
    return null;
  }
  const { runId, creation, activation } = question;
  if (creation !== null) await creator?.createWorkflow(creation);
  const workflow = workflows.get(runId);
  if (workflow === undefined) throw new TypeError(`No workflow runs here as ${runId}`);
  // A message has no methods.
  const completion = await workflow.activate(WorkflowActivation.fromObject(activation));
  const calls = await workflow.getAndResetSinkCalls();
  return { completion, calls: calls.map((call) => ({ ...call, workflowInfo: sendableInfo(call.workflowInfo) })) };
}

const reply = (message: Answer): void => main.postMessage(message);

main.on('message', ({ id, question }: { id: number; question: Question }) => {
  // What cannot be sent is an error too, else whoever asked would wait for ever.
  void answer(question)
    .then((said) => reply({ id, said, error: null }))
    .catch((error: unknown) => reply({ id, said: null, error }));
});
