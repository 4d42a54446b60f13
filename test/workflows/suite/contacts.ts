import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { workflowIds } from '../../../domain/contracts/names.ts';
import { ReveilleError } from '../../../domain/errors.ts';
import { inParallel } from '../../../domain/in-parallel.ts';
import { type TestService, startTestStack } from '../../support/service.ts';
import { type ContactDesk, openContact } from './contact-desk.ts';
import { type Tuning, until } from './desk.ts';

const LIMIT = { timeout: 60_000 };
/** `TEST_SIGNALS=10000` takes two minutes. */
const SIGNALS = Number(process.env['TEST_SIGNALS'] ?? 1_000);
/** So many of them fill a run of its workflow. */
const RUN = 450;
/** A run of signals, and those that come as it ends. */
const ROUND = 500;

const refusal = (code: string, words: RegExp) => (error: unknown) =>
  error instanceof ReveilleError && error.code === code && words.test(error.message);

/** What a contact's workflow does with the messages it gets, on a real server. */
export function contacts(name: string, tuning?: Tuning): void {
  describe(name, () => {
    let service: TestService;
    before(async () => {
      service = await startTestStack({ customers: null, ...(tuning && { tuning }) });
    });
    after(() => service.stop());

    const idsOf = (items: readonly { followUpId: string }[]) => items.map(({ followUpId }) => followUpId);
    const statesOf = async (desk: ContactDesk) =>
      Object.fromEntries(
        (await service.store.followUps.list(desk.workspace, { limit: 100 })).items.map((row) => [
          row.followUpId,
          row.state,
        ]),
      );

    test('follow-ups go out when they are due, each once, and the workflow completes', LIMIT, async () => {
      const desk = await openContact(service);
      const at = (milliseconds: number) => new Date(start + milliseconds).toISOString();
      const start = Date.now();
      await desk.schedule('second', at(3_000));
      await desk.schedule('first', at(2_000));
      const third = await desk.schedule('third', '1h');
      assert.equal(third.state, 'pending');
      const row = await desk.followUp('second', ({ state }) => state === 'executed');
      assert.ok(Date.parse(row.executedAt!) >= Date.parse(row.scheduledFor), 'never early');
      assert.deepEqual(await desk.outbox(), ['first', 'second']);
      assert.match(row.reason ?? '', /outbox/);
      const doing = await desk.doing();
      assert.deepEqual([doing.pending, doing.nextAt, doing.sending], [1, third.scheduledFor, null]);
      assert.deepEqual(await desk.query('pending'), [{ followUpId: 'third', nextAt: third.scheduledFor }]);
      const cancelled = await desk.update('cancelFollowUp', { followUpId: 'third', reason: 'no longer needed' });
      assert.deepEqual(
        [cancelled.state, cancelled.reason, cancelled.actor],
        ['cancelled', 'no longer needed', 'tester'],
      );
      await desk.completed();
      // It is opened again by the next message, and so is what it answers.
      await desk.schedule('fourth', 200, { purpose: 'service' });
      await desk.followUp('fourth', ({ state }) => state === 'executed');
      await desk.completed();
      assert.equal((await desk.doing()).pending, 0);
    });

    test('a reply cancels what is pending before its answer; the same one again is the same', LIMIT, async () => {
      const desk = await openContact(service);
      for (const id of ['a', 'b', 'c']) await desk.schedule(id, '1h');
      const reply = { messageId: 'mail-1@example.com', channel: 'email', actor: undefined };
      assert.deepEqual(await desk.update('recordReply', reply), { cancelled: 3, ignored: null });
      assert.deepEqual(await statesOf(desk), { a: 'cancelled', b: 'cancelled', c: 'cancelled' });
      const row = await desk.followUp('a');
      assert.deepEqual([row.reason, row.actor], ['replied', desk.contactId]);
      await desk.schedule('d', '1h');
      assert.deepEqual(await desk.update('recordReply', reply), { cancelled: 3, ignored: null });
      assert.equal((await desk.followUp('d')).state, 'pending');
    });

    test('automatic mails and our own are no replies', LIMIT, async () => {
      const desk = await openContact(service);
      await desk.schedule('a', '1h');
      const automatic = { messageId: 'm1', channel: 'email', headers: { 'Auto-Submitted': 'auto-replied' } };
      const { cancelled, ignored } = await desk.update('recordReply', { ...automatic, actor: undefined });
      assert.equal(cancelled, 0);
      assert.match(ignored ?? '', /automatic/i);
      assert.equal((await desk.followUp('a')).state, 'pending');
    });

    test('signals do what the updates do, whatever they are given', LIMIT, async () => {
      const desk = await openContact(service);
      const isCancelled = ({ state }: { state: string }) => state === 'cancelled';
      const given: [name: string, args: unknown[], reason: string, actor: string][] = [
        ['clientReplied', [], 'replied', desk.contactId],
        ['clientReplied', [{ messageId: 'm2', channel: 'telegram' }], 'replied', desk.contactId],
        ['clientReplied', ['nonsense'], 'replied', desk.contactId],
        ['cancelFollowUps', [{ reason: 'bought', actor: 'crm' }], 'bought', 'crm'],
        ['cancelFollowUps', [], 'no reason given', 'signal'],
        ['cancelFollowUps', [{ reason: 7 }], 'no reason given', 'signal'],
      ];
      for (const [index, [signal, args, reason, actor]] of given.entries()) {
        await desk.schedule(`f${index}`, '1h');
        await desk.signal(signal, ...args);
        const row = await desk.followUp(`f${index}`, isCancelled);
        assert.deepEqual([row.reason, row.actor], [reason, actor]);
      }
    });

    test('what cannot be done is refused with the field or the reason, and changes nothing', LIMIT, async () => {
      const desk = await openContact(service);
      const refused = async (
        name: Parameters<ContactDesk['update']>[0],
        message: object,
        code: string,
        words: RegExp,
      ) => assert.rejects(desk.update(name, message), refusal(code, words));
      const follow = { type: 'follow_up', scheduledFor: '1h' };
      await refused('scheduleFollowUp', { ...follow, type: 'Not a type' }, 'invalid_input', /type/);
      await refused('scheduleFollowUp', { ...follow, colour: 'red' }, 'invalid_input', /colour/);
      await refused('scheduleFollowUp', { ...follow, scheduledFor: '2020-01-01T00:00:00Z' }, 'invalid_input', /past/);
      const askedAt = new Date(Date.now() - 120_000).toISOString();
      const due = new Date(Date.now() - 90_000).toISOString();
      const heard = await desk.update('scheduleFollowUp', {
        ...follow,
        followUpId: 'late',
        scheduledFor: due,
        askedAt,
      });
      assert.equal(heard.scheduledFor, due, 'it lay ahead when it was asked for');
      await desk.followUp('late', ({ state }) => state === 'executed');
      const template = { payload: { message_template: 'Hello {{nickname}}' } };
      await refused('scheduleFollowUp', { ...follow, ...template }, 'invalid_input', /payload\.variables\.nickname/);
      await refused('cancelFollowUp', { followUpId: 'none', reason: 'x' }, 'not_found', /no follow-up none/);
      await refused(
        'cancelFollowUp',
        { followUpId: 'none', actor: undefined },
        'invalid_input',
        /reason.*actor|actor/s,
      );
      await refused('rescheduleFollowUp', { followUpId: 'none', scheduledFor: '1h' }, 'not_found', /none/);
      assert.deepEqual(await statesOf(desk), { late: 'executed' });
      const stranger = { workspace: desk.workspace, contactId: 'nobody' };
      await assert.rejects(
        desk.contacts.update(stranger, 'optOut', { actor: 'tester' }),
        refusal('not_found', /no contact nobody/),
      );
      await desk.schedule('a', '1h');
      const other = await openContact(service, {}, desk.workspace);
      await assert.rejects(other.schedule('a', '1h'), refusal('conflict', /taken/));
      await assert.rejects(
        other.update('cancelFollowUp', { followUpId: 'a', reason: 'not mine' }),
        refusal('not_found', /a/),
      );
    });

    test('the same update is one follow-up, also when the workflow has completed meanwhile', LIMIT, async () => {
      const desk = await openContact(service);
      const message = { type: 'check_in', scheduledFor: 150, payload: { message_template: 'once' } };
      const first = await desk.update('scheduleFollowUp', message, 'U1');
      const again = await desk.update('scheduleFollowUp', message, 'U1');
      assert.equal(again.followUpId, first.followUpId);
      await desk.followUp(first.followUpId, ({ state }) => state === 'executed');
      await desk.completed();
      const later = await desk.update('scheduleFollowUp', message, 'U1');
      assert.equal(later.followUpId, first.followUpId);
      await desk.completed();
      assert.deepEqual(await desk.outbox(), ['once']);
      assert.deepEqual(await desk.update('cancelFollowUps', { reason: 'twice' }), { cancelled: 0 });
    });

    test('moved earlier or later, it goes at its new time', LIMIT, async () => {
      const desk = await openContact(service);
      await desk.schedule('a', '1h');
      await desk.schedule('b', 400);
      await desk.update('rescheduleFollowUp', { followUpId: 'b', scheduledFor: '1h' });
      const moved = await desk.update('rescheduleFollowUp', { followUpId: 'a', scheduledFor: 200 });
      assert.equal(moved.followUpId, 'a');
      await desk.followUp('a', ({ state }) => state === 'executed');
      assert.equal((await desk.followUp('b')).state, 'pending');
      await assert.rejects(
        desk.update('rescheduleFollowUp', { followUpId: 'a', scheduledFor: '1h' }),
        refusal('conflict', /executed/),
      );
    });

    test('what was opted out of is not sent; an opt-in takes it back', LIMIT, async () => {
      const desk = await openContact(service);
      const { optOuts } = await desk.update('optOut', { channel: 'email', purpose: 'promotion' });
      assert.deepEqual(
        optOuts.map(({ channel, purpose, actor }) => [channel, purpose, actor]),
        [['email', 'promotion', 'tester']],
      );
      await desk.schedule('a', 100, { channel: 'email' });
      const row = await desk.followUp('a', ({ state }) => state !== 'pending' && state !== 'processing');
      assert.deepEqual([row.state, row.actor], ['cancelled', 'policy']);
      assert.match(row.reason ?? '', /opted out of promotion by email/);
      assert.deepEqual(await desk.outbox(), []);
      assert.deepEqual(await desk.update('optIn', {}), { marketing: true, optOuts: [] });
      await desk.schedule('b', 100, { channel: 'email' });
      await desk.followUp('b', ({ state }) => state === 'executed');
    });

    test('"may we write now" is answered for any sender, with the reason, and kept', LIMIT, async () => {
      const desk = await openContact(service, { phone: null });
      const question = { messageId: 'Q1', channels: ['sms', 'email'], purpose: 'promotion' };
      const answer = await desk.update('requestSend', question);
      assert.deepEqual([answer.decision, answer.channel, answer.reason], ['now', 'email', 'allowed']);
      await desk.update('optOut', {});
      const never = await desk.update('requestSend', question);
      assert.deepEqual([never.decision, never.reason], ['never', 'opted_out']);
      await desk.update('optIn', {});
      const plannedAt = new Date(Date.now() - 60_000).toISOString();
      await desk.update('recordReply', { messageId: 'r1', channel: 'email', actor: undefined });
      const replied = await desk.update('requestSend', { ...question, plannedAt });
      assert.deepEqual([replied.decision, replied.reason], ['never', 'replied']);
    });

    test('the third promotion of a week waits, whoever sends it', LIMIT, async () => {
      const desk = await openContact(service);
      for (const id of ['a', 'b']) {
        await desk.schedule(id, 50);
        await desk.followUp(id, ({ state }) => state === 'executed');
      }
      await desk.schedule('c', 50);
      const row = await desk.followUp('c', ({ nextAt, scheduledFor }) => nextAt !== scheduledFor);
      assert.equal(row.state, 'pending');
      const days = (Date.parse(row.nextAt) - Date.now()) / 86_400_000;
      assert.ok(days > 6.9 && days <= 7, `waits ${days} days`);
      const asked = await desk.update('requestSend', { messageId: 'Q', channels: ['email'], purpose: 'promotion' });
      assert.deepEqual([asked.decision, asked.reason], ['later', 'cap']);
      await desk.schedule('d', 50, { purpose: 'service' });
      await desk.followUp('d', ({ state }) => state === 'executed');
      // The workflow hears of it after the store.
      await until(async () => idsOf(await desk.query('pending')).join() === 'c');
    });

    test('follow-ups that were written down elsewhere are found when the contact is woken', LIMIT, async () => {
      const desk = await openContact(service);
      const { workspace, contactId } = desk;
      const at = new Date().toISOString();
      await service.store.followUps.schedule(workspace, [
        {
          ...{ followUpId: 'bulk', contactId, type: 'follow_up', payload: { message_template: 'from bulk' } },
          ...{ actor: 'tester', createdAt: at, scheduledFor: at },
        },
      ]);
      await desk.contacts.wake({ workspace, contactId });
      await desk.followUp('bulk', ({ state }) => state === 'executed');
      assert.deepEqual(await desk.outbox(), ['from bulk']);
    });

    test(
      'of many signals, nearly a third of them repeats, none is lost or doubled over continuations',
      { timeout: 200 * SIGNALS },
      async (context) => {
        const desk = await openContact(service);
        const [signals, distinct] = [SIGNALS, Math.round(0.7 * SIGNALS)];
        const ids = Array.from({ length: signals }, (_, index) => `m${(index * 11) % distinct}`);
        const signal = (messageId: string) => desk.signalWithStart('clientReplied', { messageId, channel: 'email' });
        for (let from = 0; from < signals; from += ROUND) {
          // A run's fill is there when it begins, and others come while it goes on as another one.
          await service.pauseWorkers();
          await inParallel(ids.slice(from, from + RUN), 50, signal);
          const full = await desk.runId();
          await service.resumeWorkers();
          await inParallel(ids.slice(from + RUN, from + ROUND), 2, signal);
          await until(async () => (await desk.runId()) !== full);
        }
        const replies = await until(async () => {
          const messages = await service.store.contacts.messages(desk.workspace, desk.contactId, { limit: signals });
          return messages.length >= distinct && messages;
        });
        assert.equal(new Set(replies.map(({ messageId }) => messageId)).size, distinct);
        await desk.completed();
        assert.equal((await desk.repliesTold()).length, distinct);
        const continued = (await desk.runs()).filter((status) => status === 'CONTINUED_AS_NEW').length;
        assert.ok(continued >= Math.floor(signals / ROUND), `it continued as new on the way: ${continued} times`);
        context.diagnostic(`${signals} signals, ${continued} continuations`);
      },
    );

    test('its workflow says what it is for', LIMIT, async () => {
      const desk = await openContact(service);
      await desk.schedule('a', '1h');
      const id = workflowIds.contact(desk.workspace, desk.contactId);
      const description = await service.client.workflow.getHandle(id).describe();
      assert.equal(description.type, 'contact');
      const query = `ContactId = '${desk.contactId}' and Workspace = '${desk.workspace}'`;
      await until(async () => (await Array.fromAsync(service.client.workflow.list({ query }))).length === 1);
      assert.equal(await description.staticSummary(), `Contact ${desk.contactId} of workspace ${desk.workspace}`);
    });
  });
}
