import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  ActivityFailure,
  ApplicationFailure,
  CancelledFailure,
  ChildWorkflowFailure,
  RetryState,
  TimeoutFailure,
  TimeoutType,
} from '@temporalio/common';
import { failureWords } from '../../workflows/failure-words.ts';

const inActivity = (cause: Error, type = 'scorePage') =>
  new ActivityFailure('Activity task failed', type, '1', RetryState.MAXIMUM_ATTEMPTS_REACHED, 'worker', cause);

const CASES: [failure: unknown, words: string][] = [
  [
    ApplicationFailure.nonRetryable('riskThreshold: is too high', 'InvalidInput'),
    'InvalidInput: riskThreshold: is too high',
  ],
  [
    inActivity(ApplicationFailure.create({ message: 'The store is away', type: 'Unavailable' })),
    'Unavailable: The store is away (in scorePage)',
  ],
  [
    inActivity(new TimeoutFailure('Activity task timed out', null, TimeoutType.START_TO_CLOSE)),
    'Timed out (start to close) (in scorePage)',
  ],
  [
    new ChildWorkflowFailure(
      'default',
      { workflowId: 'x', runId: 'y' },
      'intervention',
      RetryState.NON_RETRYABLE_FAILURE,
      inActivity(ApplicationFailure.create({ message: 'No such row', type: 'NotFound' }), 'handOver'),
    ),
    'NotFound: No such row (in intervention, handOver)',
  ],
  [new CancelledFailure('Workflow cancelled'), 'Cancelled'],
  [ApplicationFailure.create({ message: '  two\n  lines ', type: 'Error' }), 'Error: two lines'],
];

for (const [failure, words] of CASES) {
  test(`a failure in one line: ${words}`, () => assert.equal(failureWords(failure), words));
}

test('what lies behind a failure of ours is not told, and no stack is', () => {
  const driver = new Error('password authentication failed for user "secret"');
  const failure = inActivity(
    ApplicationFailure.create({ message: 'The store is away', type: 'Unavailable', cause: driver }),
  );
  assert.doesNotMatch(failureWords(failure), /secret|\n| at /);
});

test('an endless message is cut', () => {
  assert.ok(failureWords(ApplicationFailure.create({ message: 'x'.repeat(10_000) })).length <= 500);
});
