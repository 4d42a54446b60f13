import assert from 'node:assert/strict';
import { join } from 'node:path';
import { after, before, beforeEach, describe, test } from 'node:test';
import type { WorkflowHandle } from '@temporalio/client';
import { DEFAULT_SEND_POLICY } from '../../../domain/contacts/policy.ts';
import type { InterventionStatus } from '../../../domain/contracts/interventions.ts';
import type { CustomerData } from '../../../domain/customers/customer.ts';
import type { InterventionRow } from '../../../domain/ports/store.ts';
import { readConfiguration } from '../../../services/configuration.ts';
import { createContactService } from '../../../services/temporal/contacts.ts';
import { AcceptedEffects } from '../../support/accepted-effects.ts';
import { approvalCustomers, readyCustomers, together } from '../../support/customers.ts';
import { type TestService, startTestStack, temporaryFolder } from '../../support/service.ts';
import { StubMailServer } from '../../support/stub-mail-server.ts';
import { type Desk, type Tuning, eventTypes, failedTasks, openDesk, until } from './desk.ts';

const LIMIT = { timeout: 30_000 };

/** Settings with which a worker sends by this mail server. */
export const mailedBy = ({ port }: StubMailServer) => {
  const env = {
    REVEILLE_SMTP_HOST: '127.0.0.1',
    REVEILLE_SMTP_PORT: String(port),
    REVEILLE_SMTP_SECURITY: 'none',
    REVEILLE_SMTP_FROM: 'Reveille <hello@example.com>',
  };
  return { channels: readConfiguration(env, '/nowhere').channels };
};

/** A zone in which it is that hour of the day now. */
function zoneWhereItIs(hour: number): string {
  const ahead = (hour - new Date().getUTCHours() + 24) % 24;
  return ahead > 12 ? `Etc/GMT+${24 - ahead}` : `Etc/GMT-${ahead}`;
}

/** The same customers, who agreed to marketing: what they are written is promotion. */
export const agreed = (data: CustomerData): CustomerData => ({
  ...data,
  customers: data.customers.map((customer) => ({ ...customer, optInMarketing: true })),
});

const plain = (text: string | undefined): string => (text ?? '').replace(/\s+/g, ' ').trim();

/** What becomes of a message that may go: by a real mail server, and when the contact says. */
export function sending(name: string, tuning?: Tuning): void {
  describe(name, () => {
    const folder = temporaryFolder();
    let mail: StubMailServer;
    let service: TestService;
    before(async () => {
      mail = await StubMailServer.start(new AcceptedEffects(join(folder.path, 'accepted.jsonl')));
      const configuration = {
        ...mailedBy(mail),
        // Half of the day is quiet: it is afternoon for everybody, unless their own zone says that it is night.
        sendPolicy: { ...DEFAULT_SEND_POLICY, quietHours: { start: 0, end: 12 * 60 } },
        timezone: zoneWhereItIs(17),
      };
      service = await startTestStack({ customers: null, configuration, tuning });
    });
    after(async () => {
      await service.stop();
      await mail[Symbol.asyncDispose]();
      folder.remove();
    });
    beforeEach(() => {
      mail.mails.length = 0;
      mail.script({ kind: 'accept' });
    });

    async function waiting(workspace: string) {
      const desk = await openDesk(service, workspace, approvalCustomers('A'));
      const { handle, status } = await desk.waiting('A');
      const approval = { args: [{ actor: 'ops', textHash: status.textHash! }] as [object] };
      return { desk, handle, approve: () => handle.executeUpdate('approve', approval) };
    }

    /** A message to somebody for whom it is night. */
    async function deferred(workspace: string) {
      const desk = await openDesk(service, workspace, readyCustomers('A'));
      await service.store.contacts.put(workspace, 'A', { timezone: zoneWhereItIs(2) }, new Date().toISOString());
      const handle = await desk.startIntervention('A');
      const row = await desk.row('A', ({ state }) => state === 'deferred');
      await shows(handle, 'deferred');
      return { desk, handle, row };
    }

    const shows = (handle: WorkflowHandle, state: string): Promise<boolean> =>
      until(async () => (await handle.query<InterventionStatus>('state')).state === state);
    const ended = async (handle: WorkflowHandle): Promise<InterventionStatus> =>
      (await handle.result()) as InterventionStatus;
    const effects = async ({ store, workspace }: Desk) => (await store.effects.list(workspace, { limit: 50 })).items;
    const events = async ({ store, workspace }: Desk) =>
      (await store.events.after(workspace, 0, 500))
        .map(({ type }) => type)
        .filter((type) => /sent|suppressed/.test(type));
    /** Why the next scan leaves A out; null where it does not. */
    const leftOut = async ({ store, workspace }: Desk) =>
      (await store.scans.exclusions(workspace, ['A'], new Date().toISOString())).get('A') ?? null;
    const contacts = () => createContactService(service.client);
    const told = ({ state, stateReason }: InterventionRow): string => `${state}: ${stateReason}`;

    test('an approved message is sent by mail once, word for word, and told of once', LIMIT, async () => {
      const { desk, handle, approve } = await waiting('sent');
      assert.equal(mail.mails.length, 0);
      await approve();
      assert.deepEqual((await ended(handle)).state, 'sent');
      const row = await desk.row('A');
      assert.equal(told(row), 'sent: Sent by email');
      assert.ok(row.endedAt);
      const [sent, ...others] = mail.mails;
      assert.equal(others.length, 0);
      assert.equal(sent?.to?.[0]?.address, 'a@example.com');
      assert.equal(sent?.subject, row.subject);
      assert.equal(plain(sent?.text), plain(row.body!));
      const [effect, ...more] = await effects(desk);
      assert.equal(more.length, 0);
      assert.deepEqual(
        [effect?.key, effect?.state, effect?.channel, effect?.attempts],
        [`intervention/${row.interventionId}/message`, 'done', 'email', 1],
      );
      assert.deepEqual([await desk.outbox(), await events(desk)], [[], ['intervention.sent']]);
      assert.deepEqual(await failedTasks(handle), []);
    });

    test('a reply since the message was decided on makes it needless, though it was approved', LIMIT, async () => {
      const { desk, handle, approve } = await waiting('replied');
      const reply = { messageId: 'mail-1', channel: 'email' };
      await contacts().update({ workspace: desk.workspace, contactId: 'A' }, 'recordReply', reply);
      await approve();
      assert.equal((await ended(handle)).state, 'suppressed');
      const row = await desk.row('A');
      assert.match(told(row), /^suppressed: Not sent: the contact replied at .*, after this was planned/);
      assert.deepEqual([mail.mails, await events(desk)], [[], ['intervention.suppressed']]);
    });

    test('a message that was changed after the reply is sent', LIMIT, async () => {
      const { desk, handle } = await waiting('edited-since');
      const reply = { messageId: 'mail-1', channel: 'email' };
      await contacts().update({ workspace: desk.workspace, contactId: 'A' }, 'recordReply', reply);
      const body =
        'Hello, thank you for your answer. We are looking for your parcel, and will tell you when it is found.';
      const { textHash } = await handle.executeUpdate<InterventionStatus, [object]>('edit', {
        args: [{ actor: 'ops', body }],
      });
      await handle.executeUpdate('approve', { args: [{ actor: 'ops', textHash }] });
      assert.equal((await ended(handle)).state, 'sent');
      assert.deepEqual(mail.mails.map(({ text }) => plain(text)), [body]); // prettier-ignore
    });

    test('who opted out is not written to, and the row says why', LIMIT, async () => {
      const { desk, handle, approve } = await waiting('opted-out');
      await contacts().update({ workspace: desk.workspace, contactId: 'A' }, 'optOut', { actor: 'A' });
      await approve();
      assert.equal((await ended(handle)).state, 'suppressed');
      assert.match(told(await desk.row('A')), /^suppressed: Not sent: the contact opted out of all messages/);
      assert.deepEqual([mail.mails, await effects(desk)], [[], []]);
    });

    test('a third promotion within a week waits for its turn, and can be called off', LIMIT, async () => {
      const desk = await openDesk(service, 'capped', agreed(readyCustomers('A')));
      for (let sent = 1; sent <= 2; sent += 1) {
        assert.equal((await ended(await desk.startIntervention('A'))).state, 'sent');
      }
      const third = await desk.startIntervention('A');
      const row = await desk.row('A', ({ state }) => state === 'deferred');
      assert.match(told(row), /^deferred: Waits until .*: 2 promotion messages were sent within 7d/);
      await third.signal('cancelIntervention', { reason: 'enough' });
      assert.equal((await ended(third)).state, 'cancelled');
      assert.equal(mail.mails.length, 2);
    });

    test('a deferred message is still open, says until when, and can be called off by its signal', LIMIT, async () => {
      const { desk, handle, row } = await deferred('signal');
      assert.match(told(row), /^deferred: Waits until \d{4}-\d\d-\d\d 12:00 .*quiet hours 00:00-12:00/);
      assert.equal(row.endedAt, null);
      assert.deepEqual((await desk.scan()).outcome.excluded, { open: 1 });
      await handle.signal('cancelIntervention', { reason: 'moved away' });
      assert.equal((await ended(handle)).state, 'cancelled');
      const after = await desk.row('A');
      assert.equal(told(after), 'cancelled: Cancelled: moved away');
      assert.ok(after.endedAt);
      assert.deepEqual([mail.mails, await effects(desk), await desk.outbox()], [[], [], []]);
    });

    test('a deferred message is called off by a cancellation through Temporal', LIMIT, async () => {
      const { desk, handle } = await deferred('through-temporal');
      await handle.cancel();
      await assert.rejects(handle.result());
      assert.equal((await handle.describe()).status.name, 'CANCELLED');
      assert.equal(told(await desk.row('A')), 'cancelled: Cancelled through Temporal');
      assert.deepEqual([mail.mails, await effects(desk)], [[], []]);
    });

    test('one that is being sent when it is cancelled is sent, and the row says so', LIMIT, async () => {
      mail.script({ kind: 'slow', afterMs: 1_500 });
      const desk = await openDesk(service, 'too-late', readyCustomers('A'));
      const before = mail.connections;
      const handle = await desk.startIntervention('A');
      await until(async () => mail.connections > before);
      await handle.signal('cancelIntervention', { reason: 'too late' });
      await handle.cancel();
      await handle.result().catch(() => undefined);
      assert.equal(told(await desk.row('A')), 'sent: Sent by email');
      assert.equal(mail.mails.length, 1);
    });

    test('a scan tells what became of the messages that nobody had to approve', LIMIT, async () => {
      const desk = await openDesk(service, 'scanned', readyCustomers('A', 'B'));
      await service.store.contacts.put('scanned', 'B', { timezone: zoneWhereItIs(2) }, new Date().toISOString());
      const { outcome, row } = await desk.scan();
      const states = outcome.interventions.map(({ customerId, state }) => `${customerId} ${state}`);
      assert.deepEqual(states.toSorted(), ['A sent', 'B deferred']);
      const told = row.interventions.map(({ customerId, stateReason }) => `${customerId} ${stateReason?.slice(0, 11)}`);
      assert.deepEqual(told.toSorted(), ['A Sent by ema', 'B Waits until']);
    });

    test('a scan does not wait long for a slow mail server', LIMIT, async () => {
      mail.script({ kind: 'slow', afterMs: 8_000 });
      const desk = await openDesk(service, 'slow-scan', readyCustomers('A'));
      const { outcome } = await desk.scan();
      assert.deepEqual(outcome.interventions.map(({ state }) => state), ['ready']); // prettier-ignore
      assert.equal(mail.mails.length, 0);
      assert.equal((await desk.row('A', ({ endedAt }) => endedAt !== null)).state, 'sent');
    });

    test('what the mail server takes later is tried again, and is sent once', LIMIT, async () => {
      mail.script({ kind: 'reply', to: 'RCPT', code: 450, text: 'Try again' }, { kind: 'accept' });
      const desk = await openDesk(service, 'later', readyCustomers('A'));
      const handle = await desk.startIntervention('A');
      assert.equal((await ended(handle)).state, 'sent');
      assert.equal(mail.mails.length, 1);
      const [effect] = await effects(desk);
      assert.deepEqual([effect?.state, effect?.attempts], ['done', 2]);
      assert.equal((await eventTypes(handle)).filter((type) => type === 'EVENT_TYPE_TIMER_STARTED').length, 1);
    });

    test('what the mail server refuses has failed, and says why', LIMIT, async () => {
      mail.script({ kind: 'reply', to: 'RCPT', code: 550, text: 'No such person' });
      const desk = await openDesk(service, 'refused', readyCustomers('A'));
      assert.equal((await ended(await desk.startIntervention('A'))).state, 'failed');
      const row = await desk.row('A');
      assert.match(told(row), /^failed: \S/);
      assert.ok(row.endedAt);
      assert.equal(await leftOut(desk), null);
    });

    test('one that may have gone is not sent again, and the row names the list for review', LIMIT, async () => {
      mail.script({ kind: 'cut', accepts: true });
      const desk = await openDesk(service, 'unknown', readyCustomers('A'));
      assert.equal((await ended(await desk.startIntervention('A'))).state, 'failed');
      assert.match(told(await desk.row('A')), /^failed: Nobody knows .*reveille effects list --state unknown/);
      assert.equal(mail.mails.length, 1);
      assert.deepEqual((await effects(desk)).map(({ state }) => state), ['unknown']); // prettier-ignore
      assert.equal(await leftOut(desk), 'cool_off', 'the next scan does not write what may have been written');
    });

    test('without an address there is nowhere to send it', LIMIT, async () => {
      const data = together(approvalCustomers('A'));
      const desk = await openDesk(service, 'nowhere', data);
      const { handle, status } = await desk.waiting('A');
      const none = { ...data, customers: data.customers.map((each) => ({ ...each, email: null, phone: null })) };
      await service.store.customers.import(desk.workspace, none, { merge: false });
      await handle.executeUpdate('approve', { args: [{ actor: 'ops', textHash: status.textHash! }] });
      assert.equal((await ended(handle)).state, 'suppressed');
      assert.match(told(await desk.row('A')), /there is no address for email/);
    });
  });
}
