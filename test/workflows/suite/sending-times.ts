import assert from 'node:assert/strict';
import { join } from 'node:path';
import { after, before, beforeEach, describe, test } from 'node:test';
import { DEFAULT_SEND_POLICY } from '../../../domain/contacts/policy.ts';
import { workflowIds } from '../../../domain/contracts/names.ts';
import { createContactService } from '../../../services/temporal/contacts.ts';
import { AcceptedEffects } from '../../support/accepted-effects.ts';
import { readyCustomers } from '../../support/customers.ts';
import { type TestService, startTestService, temporaryFolder } from '../../support/service.ts';
import { StubMailServer } from '../../support/stub-mail-server.ts';
import type { TimeSkipping } from '../../support/temporal.ts';
import { type Tuning, eventTypes, openDesk } from './desk.ts';
import { agreed, mailedBy } from './sending.ts';

const LIMIT = { timeout: 30_000 };
const MINUTE = 60_000;
const HOUR = 60 * MINUTE;

/** What the passing of a night, and of a week, does to a message. */
export function sendingTimes(name: string, skipping: TimeSkipping, tuning?: Tuning): void {
  describe(name, { skip: skipping.reason ?? false }, () => {
    const env = skipping.env!;
    const folder = temporaryFolder();
    let mail: StubMailServer;
    let service: TestService;
    before(async () => {
      mail = await StubMailServer.start(new AcceptedEffects(join(folder.path, 'accepted.jsonl')));
      const configuration = {
        ...mailedBy(mail),
        sendPolicy: { ...DEFAULT_SEND_POLICY, quietHours: { start: 21 * 60, end: 8 * 60 } },
        timezone: 'UTC',
      };
      service = await startTestService(skipping.target!, { customers: null, configuration, ...(tuning && { tuning }) });
    });
    after(async () => {
      await service?.stop();
      await mail?.[Symbol.asyncDispose]();
      folder.remove();
    });
    beforeEach(() => void (mail.mails.length = 0));

    const now = (): Promise<number> => env.currentTimeMs();
    const minuteOfDay = (instant: number): number => Math.floor((instant % (24 * HOUR)) / MINUTE);

    /** Skips to the next time that the clocks of UTC show that hour. */
    async function skipTo(hour: number): Promise<void> {
      const wait = (hour * HOUR - ((await now()) % (24 * HOUR)) + 24 * HOUR) % (24 * HOUR);
      await env.sleep(wait + 1_000);
    }

    /** At 22:00 a message to A is decided on; it waits. */
    async function atNight(workspace: string) {
      await skipTo(22);
      const desk = await openDesk(service, workspace, readyCustomers('A'));
      const handle = await desk.startIntervention('A', { asOf: new Date().toISOString() });
      const row = await desk.row('A', ({ state }) => state === 'deferred');
      assert.match(row.stateReason ?? '', /^Waits until \d{4}-\d\d-\d\d 08:00 \(UTC\): it is \S+ 22:00 there/);
      return { desk, handle, decidedAt: await now() };
    }

    test('a message decided on at night is sent when the morning comes', LIMIT, async () => {
      const { desk, handle } = await atNight('morning');
      await env.sleep(9 * HOUR);
      assert.deepEqual([(await desk.row('A')).state, mail.mails.length], ['deferred', 0]);
      await env.sleep(2 * HOUR);
      const row = await desk.row('A', ({ endedAt }) => endedAt !== null);
      assert.equal(row.state, 'sent');
      assert.equal(minuteOfDay(Date.parse(row.endedAt!)), 8 * 60);
      assert.equal(mail.mails.length, 1);
      const types = await eventTypes(handle);
      const count = (type: string): number => types.filter((each) => each === `EVENT_TYPE_${type}`).length;
      assert.deepEqual(
        [count('TIMER_STARTED'), count('ACTIVITY_TASK_SCHEDULED')],
        [1, 3],
        'two questions and the sending',
      );
    });

    test('a reply in the night makes the message needless', LIMIT, async () => {
      const { desk, decidedAt } = await atNight('reply-at-night');
      const reply = { messageId: 'mail-1', channel: 'email', at: new Date(decidedAt + HOUR).toISOString() };
      await env.sleep(HOUR);
      const contact = { workspace: desk.workspace, contactId: 'A' };
      await createContactService(service.client).update(contact, 'recordReply', reply);
      await env.sleep(10 * HOUR);
      const row = await desk.row('A', ({ endedAt }) => endedAt !== null);
      assert.match(`${row.state}: ${row.stateReason}`, /^suppressed: Not sent: the contact replied at/);
      assert.deepEqual(mail.mails, []);
    });

    test('who is deleted in the night is not written to', LIMIT, async () => {
      const { desk } = await atNight('deleted-at-night');
      await service.store.customers.import(desk.workspace, readyCustomers('SOMEONE-ELSE'), { merge: false });
      await env.sleep(11 * HOUR);
      const row = await desk.row('A', ({ endedAt }) => endedAt !== null);
      assert.equal(
        `${row.state}: ${row.stateReason}`,
        'suppressed: The customer is no longer in the workspace, so it was not sent',
      );
      assert.deepEqual(mail.mails, []);
    });

    test('a third promotion within a week goes a week after the first', LIMIT, async () => {
      await skipTo(12);
      const desk = await openDesk(service, 'week', agreed(readyCustomers('A')));
      const sentAt: number[] = [];
      for (let sent = 0; sent < 2; sent += 1) {
        await (await desk.startIntervention('A')).result();
        sentAt.push(await now());
      }
      const third = await service.client.workflow.start('intervention', {
        taskQueue: 'reveille',
        workflowId: workflowIds.intervention(desk.workspace, 'A'),
        args: [{ workspace: desk.workspace, customerId: 'A' }],
      });
      await desk.row('A', ({ state }) => state === 'deferred');
      await env.sleep(6 * 24 * HOUR);
      assert.equal(mail.mails.length, 2);
      await env.sleep(24 * HOUR + MINUTE);
      const row = await desk.row('A', ({ endedAt }) => endedAt !== null);
      assert.equal(((await third.result()) as { state: string }).state, 'sent');
      assert.equal(mail.mails.length, 3);
      const late = Date.parse(row.endedAt!) - sentAt[0]! - 7 * 24 * HOUR;
      assert.ok(Math.abs(late) < MINUTE, `it went ${late} ms after it could`);
    });
  });
}
