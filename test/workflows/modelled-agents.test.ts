import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { historyToJSON } from '@temporalio/common/lib/proto-utils.js';
import { approvalCustomers } from '../support/customers.ts';
import { type TestService, startTestStack } from '../support/service.ts';
import { openDesk } from './suite/desk.ts';

let service: TestService;
before(async () => {
  // The discard port: nobody answers.
  const llm = { baseUrl: 'http://127.0.0.1:9/v1', model: 'none', apiKey: null, timeoutMs: 2_000 };
  service = await startTestStack({ customers: null, llm });
});
after(() => service.stop());

interface Scheduled {
  activityTaskScheduledEventAttributes?: { activityType: { name: string }; taskQueue: { name: string } };
}

test('where a model is configured its agents work on their own queue, and without an answer by their rules', async () => {
  const desk = await openDesk(service, 'modelled', approvalCustomers('A'));
  const { handle } = await desk.waiting('A');
  const { events } = JSON.parse(historyToJSON(await handle.fetchHistory())) as { events: Scheduled[] };
  const scheduled = events.flatMap(({ activityTaskScheduledEventAttributes: activity }) =>
    activity ? [`${activity.activityType.name} on ${activity.taskQueue.name}`] : [],
  );
  assert.deepEqual(
    scheduled,
    ['analyseContext', 'findPattern', 'decideAction', 'writeMessage'].map((name) => `${name} on reveille-agents`),
  );
  const { notes } = await desk.row('A');
  assert.deepEqual(
    notes.map((note) => [note.agent, note.by]),
    ['context', 'pattern', 'decision', 'empathy'].map((agent) => [agent, 'rules']),
  );
  assert.equal(desk.memory('A').length, 1);
});
