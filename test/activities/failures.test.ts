import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ApplicationFailure } from '@temporalio/common';
import { originOf, toFailure, withFailures } from '../../activities/failures.ts';
import { ERROR_CATALOGUE, type ErrorCode, ReveilleError, invalidInput } from '../../domain/errors.ts';

for (const [code, { failureType, retryable }] of Object.entries(ERROR_CATALOGUE)) {
  test(`${code} becomes a failure of type ${failureType} that is ${retryable ? 'tried again' : 'final'}`, () => {
    const failure = toFailure(new ReveilleError(code as ErrorCode, 'what happened'));
    assert.ok(failure instanceof ApplicationFailure);
    assert.deepEqual([failure.type, failure.nonRetryable, failure.message], [failureType, !retryable, 'what happened']);
  });
}

test('wrong fields travel with the failure', () => {
  const fields = [
    { path: 'body', message: 'is too short' },
    { path: 'subject', message: 'is missing' },
  ];
  const failure = toFailure(invalidInput(fields));
  assert.ok(failure instanceof ApplicationFailure);
  assert.deepEqual(failure.details, fields);
});

test("a driver's words stay out of the failure, and are there for the log", () => {
  const error = new ReveilleError('unavailable', 'The database is away', { cause: new Error('canary@example.com') });
  const failure = toFailure(error);
  assert.ok(failure instanceof ApplicationFailure);
  assert.equal(failure.cause, undefined);
  assert.equal(originOf(failure), error);
  assert.equal(originOf(error), error);
});

test('an error that is not ours stays as it is, so that Temporal tries again', () => {
  const error = new TypeError('a driver said so');
  assert.equal(toFailure(error), error);
});

test('a failure that an activity made itself stays as it is', () => {
  const failure = ApplicationFailure.nonRetryable('mine', 'Mine');
  assert.equal(toFailure(failure), failure);
});

test('wrapped functions give what they gave, and throw failures', async () => {
  const { works, fails } = withFailures({
    works: async (input: { n: number }) => input.n + 1,
    fails: async (_input: object): Promise<void> => {
      throw new ReveilleError('unavailable', 'away');
    },
  });
  assert.equal(await works({ n: 1 }), 2);
  await assert.rejects(fails({}), { name: 'ApplicationFailure', type: 'Unavailable', nonRetryable: false });
});
