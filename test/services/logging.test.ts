import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ApplicationFailure } from '@temporalio/common';
import { ReveilleError } from '../../domain/errors.ts';
import { createLogger, temporalLogger } from '../../services/logging.ts';

const CANARY = 'canary "7f3a" secret';

/** A logger and the lines it wrote, parsed. */
function recorded(level = 'trace', secrets: string[] = [CANARY]) {
  const written: string[] = [];
  const logger = createLogger({ level, secrets }, { write: (line: string) => written.push(line) });
  return {
    logger,
    text: () => written.join(''),
    lines: () => written.map((line) => JSON.parse(line) as Record<string, unknown>),
  };
}

test('a line is JSON with level, time, message and what it belongs to', () => {
  const { logger, lines } = recorded();
  logger.child({ correlationId: 'c-1' }).info({ workflowId: 'w-1' }, 'Scan finished');
  const [line] = lines();
  assert.deepEqual(
    [line?.['level'], line?.['msg'], line?.['correlationId'], line?.['workflowId']],
    ['info', 'Scan finished', 'c-1', 'w-1'],
  );
  assert.match(String(line?.['time']), /^\d{4}-\d\d-\d\dT[\d:.]+Z$/);
});

test('fields beyond the known ones are withheld, of a child logger too', () => {
  const { logger, lines, text } = recorded();
  logger.child({ email: 'someone@example.com' }).warn({ body: 'Dear customer', input: { phone: '+123' } }, 'Odd');
  assert.doesNotMatch(text(), /someone@|Dear|\+123/);
  assert.deepEqual([lines()[0]?.['email'], lines()[0]?.['body']], ['[redacted]', '[redacted]']);
});

test('an error is told with its causes, without the rest it carries', () => {
  const { logger, text } = recorded();
  const cause = Object.assign(new Error('connection refused'), {
    code: 'ECONNREFUSED',
    row: { email: 'someone@example.com' },
  });
  logger.error({ err: new ReveilleError('unavailable', 'The store is away', { cause }) }, 'Failed');
  assert.match(text(), /The store is away.*ECONNREFUSED/);
  assert.doesNotMatch(text(), /someone@/);
});

test('a secret is found nowhere: not in messages, fields, errors or their stacks', () => {
  const { logger, text } = recorded();
  logger.info({ reason: `key ${CANARY}` }, `using ${CANARY}`);
  logger.error({ err: new Error(`refused: ${CANARY}`) }, 'Failed');
  assert.doesNotMatch(text(), /canary|7f3a/);
});

test('credentials that drivers put into their messages are taken out', () => {
  const { logger, text, lines } = recorded();
  logger.error(new Error('postgres://user:pa55word@db:5432/x refused; authorization: Bearer abcdefgh12345678'));
  assert.doesNotMatch(text(), /pa55word|abcdefgh/);
  assert.match(JSON.stringify(lines()[0]), /db:5432/);
});

test('what the Temporal SDK logs goes the same way', () => {
  const { logger, lines } = recorded('info');
  const temporal = temporalLogger(logger);
  temporal.debug('not this');
  temporal.warn('Activity failed', { activityType: 'beginScan', error: new Error('away'), args: ['private'] });
  assert.equal(lines().length, 1);
  const [line] = lines();
  assert.deepEqual([line?.['level'], line?.['activityType'], line?.['args']], ['warn', 'beginScan', '[redacted]']);
  assert.match(JSON.stringify(line?.['err']), /"message":"away"/);
});

test('while Temporal or the store is away the SDK tells so once, not for every attempt', () => {
  const { logger, lines } = recorded('info');
  const sdk = temporalLogger(logger);
  for (const times of [6, 7, 8]) sdk.warn(`gRPC call poll_workflow_task_queue retried ${times} times`, {});
  for (const attempt of [1, 2, 3]) {
    const error = ApplicationFailure.create({ message: 'The database is not available.', type: 'Unavailable' });
    sdk.warn('Activity failed', { attempt, error });
  }
  for (const attempt of [1, 2]) sdk.warn('Activity failed', { attempt, error: new Error('odd') });
  assert.deepEqual(
    lines().map(({ msg, attempt }) => [msg, attempt]),
    [
      ['gRPC call poll_workflow_task_queue retried 6 times', undefined],
      ['Activity failed', 1],
      ['Activity failed', 1],
      ['Activity failed', 2],
    ],
  );
});
