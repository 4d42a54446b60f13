import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { after, before, describe, test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { ApplicationFailure, type WorkflowHandle, WorkflowUpdateFailedError } from '@temporalio/client';
import { intervention } from '../../../domain/contracts/interventions.ts';
import type { CustomerData } from '../../../domain/customers/customer.ts';
import type { Store } from '../../../domain/ports/store.ts';
import { approvalCustomers, readyCustomers, together } from '../../support/customers.ts';
import { type TestService, startTestStack } from '../../support/service.ts';
import { type Tuning, eventTypes, failedTasks, openDesk, until } from './desk.ts';

const LIMIT = { timeout: 30_000 };
const hash = (subject: string, body: string): string =>
  createHash('sha256').update(`${subject}\n${body}`).digest('hex');
const NEW_TEXT = {
  actor: 'ops',
  subject: 'About your last order',
  body: 'Hello, we are sorry that your parcel did not come. Please tell us how we can help you with it.',
};

/** What people say to an intervention that waits for them, and what they get for it. */
export function answers(name: string, tuning?: Tuning): void {
  describe(name, () => {
    let service: TestService;
    before(async () => {
      const options = { customers: null, workersStore: hurried, tuning };
      service = await startTestStack(options);
    });
    after(() => service.stop());

    /** A desk whose customer A waits for approval. */
    async function waiting(workspace: string, more: CustomerData[] = []) {
      const desk = await openDesk(service, workspace, together(approvalCustomers('A'), ...more));
      const { handle, status } = await desk.waiting('A');
      return { desk, handle, status, textHash: status.textHash! };
    }

    test('an approved message goes to the outbox once, to the address in the store', LIMIT, async () => {
      const { desk, handle, textHash } = await waiting('approve');
      assert.deepEqual(await desk.outbox(), []);
      const answer = await handle.executeUpdate<{ state: string }, [object]>('approve', {
        args: [{ actor: 'ops', textHash, note: 'well said' }],
      });
      assert.ok(['approved', 'ready'].includes(answer.state));
      assert.equal(((await handle.result()) as { state: string }).state, 'ready');
      const row = await desk.row('A');
      assert.equal(row.state, 'ready');
      assert.ok(row.endedAt);
      assert.equal(row.textHash, hash(row.subject!, row.body!));
      const [message, ...others] = await desk.outbox();
      assert.equal(others.length, 0);
      assert.deepEqual(
        [message?.kind, message?.channel, message?.to, message?.subject, message?.body],
        ['intervention', 'email', 'a@example.com', row.subject, row.body],
      );
      assert.deepEqual(await failedTasks(handle), []);
    });

    test('an approval in the very moment of the decision still sends the message', LIMIT, async () => {
      const customers = Array.from({ length: 10 }, (_, index) => `C${index}`);
      const desk = await openDesk(service, 'at-once', approvalCustomers(...customers));
      const scan = desk.scan();
      const approved = new Set<string>();
      await until(async () => {
        for (const row of await desk.rows()) {
          if (row.state !== 'waiting_approval' || approved.has(row.interventionId)) continue;
          approved.add(row.interventionId);
          const { interventionId: id, textHash } = row;
          // The row waits a moment before the workflow does.
          await until(() =>
            desk.operations.approve(desk.caller, { id, textHash: textHash! }).catch(() => false as const),
          );
        }
        return approved.size === customers.length;
      });
      await scan;
      await until(async () => (await desk.rows()).every((row) => row.state === 'ready' && row.endedAt !== null));
      assert.equal((await desk.outbox()).length, customers.length);
    });

    test('a message nobody has to approve goes by itself', LIMIT, async () => {
      const desk = await openDesk(service, 'by-itself', readyCustomers('A'));
      const handle = await desk.startIntervention('A');
      assert.equal(((await handle.result()) as { state: string }).state, 'ready');
      assert.deepEqual(
        (await desk.outbox()).map((each) => each.to),
        ['a@example.com'],
      );
      assert.equal(desk.memory('A').length, 1);
      assert.equal(desk.memory('A')[0]?.state, 'ready');
    });

    test('the line in memory is there before anyone answers, once, with the whole object', LIMIT, async () => {
      const { desk, handle, status, textHash } = await waiting('memory');
      const [line, ...others] = desk.memory('A');
      assert.equal(others.length, 0);
      assert.deepEqual(intervention.strict().parse(line), line);
      const row = await desk.row('A');
      assert.deepEqual(line, intervention.parse(row));
      assert.deepEqual(
        [line?.interventionId, line?.state, line?.textHash, line?.deadline],
        [status.interventionId, 'waiting_approval', textHash, status.deadline],
      );
      await handle.executeUpdate('approve', { args: [{ actor: 'ops', textHash }] });
      await handle.result();
      assert.deepEqual(desk.memory('A'), [line]);
    });

    test('a rejected message is not sent', LIMIT, async () => {
      const { desk, handle } = await waiting('reject');
      await handle.executeUpdate('reject', { args: [{ actor: 'ops', note: 'wrong tone' }] });
      assert.equal(((await handle.result()) as { state: string }).state, 'rejected');
      const row = await desk.row('A');
      assert.deepEqual([row.state, row.stateReason], ['rejected', 'Rejected by ops: wrong tone']);
      assert.deepEqual(await desk.outbox(), []);
    });

    test('an approval counts only for the very text it names', LIMIT, async () => {
      const { desk, handle, status, textHash } = await waiting('binds');
      await refused(handle, 'approve', { actor: 'ops', textHash: '0'.repeat(64) }, 'Conflict', /another text now/);
      assert.deepEqual(await handle.query('state'), status);

      const edited = await handle.executeUpdate<{ textHash: string; state: string }, [object]>('edit', {
        args: [NEW_TEXT],
      });
      assert.equal(edited.state, 'waiting_approval');
      assert.equal(edited.textHash, hash(NEW_TEXT.subject, NEW_TEXT.body));
      await refused(handle, 'approve', { actor: 'ops', textHash }, 'Conflict', /another text now/);
      await handle.executeUpdate('approve', { args: [{ actor: 'ops', textHash: edited.textHash }] });
      await handle.result();
      const [message] = await desk.outbox();
      assert.deepEqual([message?.subject, message?.body], [NEW_TEXT.subject, NEW_TEXT.body]);
      const { notes } = await desk.row('A');
      assert.equal(notes.find((note) => note.agent === 'empathy')?.note, 'Edited by ops.');
    });

    test('an edit that may not be sent is refused and changes nothing', LIMIT, async () => {
      const { desk, handle, status } = await waiting('edits');
      const row = await desk.row('A');
      const bodies: [body: string, why: RegExp][] = [
        ['Hello, here is 20 % off your next order for you, please use it soon.', /percentage that was not decided/],
        ['Hallo, es tut uns leid, dass Ihr Paket nicht kam. Bitte melden Sie sich bei uns.', /not written in English/],
        ['Hello, please read about it at https://example.com/offer and tell us what you think.', /link/],
        ['Hello {first_name}, we are sorry that your parcel did not come to you.', /placeholder/],
        ['Sorry.', /shorter than/],
      ];
      for (const [body, why] of bodies) await refused(handle, 'edit', { actor: 'ops', body }, 'InvalidInput', why);
      assert.deepEqual(await handle.query('state'), status);
      assert.deepEqual(await desk.row('A'), row);
      await handle.executeUpdate('approve', { args: [{ actor: 'ops', textHash: status.textHash! }] });
      await handle.result();
      assert.equal((await desk.outbox())[0]?.body, row.body);
    });

    test('only the first verdict counts, and the same one sent twice is one', LIMIT, async () => {
      const { desk, handle, textHash } = await waiting('first');
      const approve = (updateId: string) =>
        handle.executeUpdate<{ state: string }, [object]>('approve', {
          args: [{ actor: 'ops', textHash }],
          updateId,
        });
      const verdicts = await Promise.allSettled([
        approve('one'),
        approve('one'),
        handle.executeUpdate('reject', { args: [{ actor: 'late', note: 'no' }], updateId: 'two' }),
        approve('three'),
      ]);
      const taken = verdicts.map((verdict) => verdict.status);
      assert.equal(taken[0], taken[1], 'a repeat is told what the first was told');
      await handle.result();
      const accepted = (await eventTypes(handle)).filter((type) => type.includes('UPDATE_ACCEPTED'));
      assert.equal(accepted.length, 1);
      const { state } = await desk.row('A');
      assert.ok(['ready', 'rejected'].includes(state));
      assert.equal((await desk.outbox()).length, state === 'ready' ? 1 : 0);
      await assert.rejects(
        desk.operations.approve(desk.caller, { id: (await desk.row('A')).interventionId, textHash }),
        (error: { code?: string }) => error.code === 'conflict',
      );
    });

    test('an answer that reaches the workflow together with the passed deadline is refused', LIMIT, async () => {
      const { desk, handle, status } = await waiting(HURRIED);
      await service.pauseWorkers();
      await delay(Date.parse(status.deadline!) - Date.now() + 100);
      const late = handle.executeUpdate('approve', { args: [{ actor: 'ops', textHash: status.textHash! }] });
      const answer = late.catch((error: unknown) => error);
      await service.resumeWorkers();
      const error = await answer;
      assert.ok(error instanceof WorkflowUpdateFailedError && error.cause instanceof ApplicationFailure);
      assert.equal(error.cause.message, 'The time to approve is over');
      assert.equal((await desk.row('A', (row) => row.endedAt !== null)).state, 'expired');
      assert.equal(
        (await desk.outbox()).some((each) => each.kind === 'intervention'),
        false,
      );
    });
  });
}

/** In this workspace an approval has three seconds. */
const HURRIED = 'hurried';

/** As if an earlier attempt at the decision had set the deadline, which a later one keeps. */
function hurried(store: Store): Store {
  const update: Store['interventions']['update'] = (workspace, interventionId, changes) => {
    const written = workspace === HURRIED && changes.textHash !== undefined;
    const deadline = new Date(Date.now() + 3_000).toISOString();
    const settled = { state: 'waiting_approval', stateReason: 'hurried', deadline } as const;
    return store.interventions.update(workspace, interventionId, written ? { ...changes, ...settled } : changes);
  };
  return { ...store, interventions: { ...store.interventions, update } };
}

/** The update must be refused with these words, and nothing about it may reach the history before it was accepted. */
async function refused(handle: WorkflowHandle, update: string, message: object, type: string, why: RegExp) {
  const error: unknown = await handle.executeUpdate(update, { args: [message] }).catch((thrown: unknown) => thrown);
  assert.ok(error instanceof WorkflowUpdateFailedError, `${update} was taken: ${JSON.stringify(message)}`);
  let failure: unknown = error.cause;
  while (failure instanceof Error && !(failure instanceof ApplicationFailure)) failure = failure.cause;
  assert.ok(failure instanceof ApplicationFailure);
  assert.equal(failure.type, type);
  assert.match(failure.message, why);
}
