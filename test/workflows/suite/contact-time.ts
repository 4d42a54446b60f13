import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { DEFAULT_SEND_POLICY } from '../../../domain/contacts/policy.ts';
import { localTime } from '../../../domain/cron/index.ts';
import type { FollowUpRow } from '../../../domain/ports/contact-store.ts';
import { type TestService, startTestService } from '../../support/service.ts';
import type { TimeSkipping } from '../../support/temporal.ts';
import { openContact } from './contact-desk.ts';
import type { Tuning } from './desk.ts';

const LIMIT = { timeout: 60_000 };
const DAY = 86_400_000;

/** What days and nights do to follow-ups, in seconds. */
export function contactTime(name: string, skipping: TimeSkipping, tuning?: Tuning): void {
  describe(name, { skip: skipping.reason ?? false }, () => {
    const env = skipping.env!;
    let service: TestService;
    before(async () => {
      const configuration = { sendPolicy: DEFAULT_SEND_POLICY };
      service = await startTestService(skipping.target!, { customers: null, configuration, ...(tuning && { tuning }) });
    });
    after(() => service.stop());

    const isOver = ({ state }: FollowUpRow): boolean => state !== 'pending' && state !== 'processing';
    const timeOfDay = (at: string, zone: string): string => localTime(at, zone).slice(11, 16);

    /** Three days on, or so long that it is `time` (HH:MM) of a day in a zone. */
    async function untilThen(zone: string, time: string): Promise<string> {
      const now = await env.currentTimeMs();
      for (let at = now + DAY; at < now + 3 * DAY; at += 60_000) {
        const instant = new Date(at).toISOString();
        if (timeOfDay(instant, zone) === time) return instant;
      }
      throw new Error(`${time} does not come in ${zone}`);
    }

    test('a follow-up in three days goes out in three days', LIMIT, async () => {
      const desk = await openContact(service, { timezone: 'Europe/Berlin' });
      const scheduledFor = await untilThen('Europe/Berlin', '12:00');
      const later = new Date(Date.parse(scheduledFor) + 2 * DAY).toISOString();
      await desk.schedule('a', later);
      await env.sleep(Date.parse(later) - (await env.currentTimeMs()) - 60_000);
      assert.equal((await desk.followUp('a')).state, 'pending');
      await env.sleep(120_000);
      const row = await desk.followUp('a', isOver);
      assert.equal(row.state, 'executed');
      const late = Date.parse(row.executedAt!) - Date.parse(later);
      assert.ok(late >= 0 && late < 60_000, `late by ${late} ms`);
    });

    test('at night it waits for the morning of the contact, and is not lost', LIMIT, async () => {
      for (const zone of ['Asia/Kolkata', 'America/New_York']) {
        const desk = await openContact(service, { timezone: zone });
        const night = await untilThen(zone, '23:30');
        await desk.schedule(`night-${zone.length}`, night);
        await env.sleep(Date.parse(night) - (await env.currentTimeMs()) + 60_000);
        const waiting = await desk.followUp(
          `night-${zone.length}`,
          ({ nextAt, scheduledFor }) => nextAt !== scheduledFor,
        );
        assert.deepEqual([waiting.state, timeOfDay(waiting.nextAt, zone)], ['pending', '08:00']);
        await env.sleep(9 * 3_600_000);
        const row = await desk.followUp(`night-${zone.length}`, isOver);
        assert.equal(row.state, 'executed');
        assert.equal(timeOfDay(row.executedAt!, zone), '08:00');
      }
    });

    test('a reply in the night cancels what waits for the morning', LIMIT, async () => {
      const desk = await openContact(service, { timezone: 'Asia/Kolkata' });
      const night = await untilThen('Asia/Kolkata', '02:00');
      await desk.schedule('a', night);
      await env.sleep(Date.parse(night) - (await env.currentTimeMs()) + 60_000);
      await desk.followUp('a', ({ nextAt, scheduledFor }) => nextAt !== scheduledFor);
      const noted = await desk.update('recordReply', { messageId: 'm', channel: 'email', actor: undefined });
      assert.equal(noted.cancelled, 1);
      await env.sleep(DAY);
      assert.equal((await desk.followUp('a')).state, 'cancelled');
      assert.deepEqual(await desk.outbox(), []);
    });
  });
}
