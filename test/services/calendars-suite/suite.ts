import assert from 'node:assert/strict';
import { test } from 'node:test';
import { CalendarError, type CalendarEvent, type CalendarSource } from '../../../domain/ports/calendars.ts';

/** 2026-10-19 to 2026-11-02, over the end of summer time in Europe. */
export const FROM = Date.parse('2026-10-19T00:00:00Z');
export const TO = Date.parse('2026-11-02T00:00:00Z');
export const NOW = Date.parse('2026-10-18T12:00:00Z');
export const never = new AbortController().signal;

export const EVENT: CalendarEvent = {
  eventId: 'reveille0123456789abcdefghijklmnopqrstuv'.slice(8),
  summary: 'Call with Asha Rao',
  description: 'To move it: https://example.com/canary-link',
  location: 'https://example.com/j/1',
  start: '2026-10-20T09:00:00+02:00',
  end: '2026-10-20T07:30:00Z',
  timezone: 'Europe/Berlin',
  attendee: { email: 'canary-asha@example.com', name: 'Asha Rao' },
  organizer: { email: 'rep@example.com', name: 'Rep' },
  sequence: 0,
};

/** A calendar with the service behind it. */
export interface SourceRig extends AsyncDisposable {
  source: CalendarSource;
  /** Somebody else makes an appointment there. */
  addForeign(start: string, end: string): Promise<void>;
  /** How many appointments the calendar shows. */
  count(): Promise<number>;
  /** The service goes away. */
  stop(): Promise<void>;
  /** What no message may quote. */
  secrets: readonly string[];
}

export async function failureOf(asking: Promise<unknown>): Promise<CalendarError> {
  const error = await asking.then(
    () => assert.fail('it was done'),
    (caught: unknown) => caught,
  );
  assert.ok(error instanceof CalendarError, String(error));
  return error;
}

/** Busy times as `10-20T07:00 to 10-20T07:30`, in order, those of ours with their id. */
export async function busyTimes(source: CalendarSource): Promise<string[]> {
  const minute = (at: number): string => new Date(at).toISOString().slice(5, 16);
  const found = await source.busy(FROM, TO, never);
  return found
    .map(({ start, end, allDay, tentative, eventId }) =>
      [
        `${minute(start)} to ${minute(end)}`,
        ...(allDay ? ['all day'] : []),
        ...(tentative ? ['tentative'] : []),
        ...(eventId === null ? [] : [eventId]),
      ].join(', '),
    )
    .toSorted();
}

/** What holds of every calendar that meetings can be put into. `skip`: why it cannot be tried here. */
export function writableSuite(name: string, start: () => Promise<SourceRig>, skip: string | false): void {
  const { eventId } = EVENT;

  test(`${name}: the same event twice is once, and it is known as ours`, { skip }, async () => {
    await using rig = await start();
    await rig.source.put(EVENT, never);
    await rig.source.put(EVENT, never);
    assert.equal(await rig.count(), 1);
    assert.deepEqual(await busyTimes(rig.source), [`10-20T07:00 to 10-20T07:30, ${eventId}`]);
  });

  test(`${name}: a moved event is there and nowhere else, whichever change it is`, { skip }, async () => {
    await using rig = await start();
    const moved = { start: '2026-10-27T08:00:00Z', end: '2026-10-27T08:30:00Z' };
    await rig.source.put(EVENT, never);
    await rig.source.put({ ...EVENT, ...moved, sequence: 1 }, never);
    assert.deepEqual(await busyTimes(rig.source), [`10-27T08:00 to 10-27T08:30, ${eventId}`]);
    await rig.source.put({ ...EVENT, location: null, sequence: 0 }, never);
    assert.deepEqual(await busyTimes(rig.source), [`10-20T07:00 to 10-20T07:30, ${eventId}`]);
    assert.equal(await rig.count(), 1);
  });

  test(`${name}: a removed event is gone, again and for ever, unless it is put back`, { skip }, async () => {
    await using rig = await start();
    await rig.source.remove(eventId, never);
    await rig.source.put(EVENT, never);
    await rig.source.remove(eventId, never);
    await rig.source.remove(eventId, never);
    assert.deepEqual(await busyTimes(rig.source), []);
    assert.equal(await rig.count(), 0);
    await rig.source.put(EVENT, never);
    assert.deepEqual(await busyTimes(rig.source), [`10-20T07:00 to 10-20T07:30, ${eventId}`]);
  });

  test(`${name}: what somebody else has there takes up time, and stays when ours goes`, { skip }, async () => {
    await using rig = await start();
    await rig.addForeign('2026-10-20T10:00:00Z', '2026-10-20T11:00:00Z');
    await rig.addForeign('2026-09-01T10:00:00Z', '2026-09-01T11:00:00Z');
    await rig.source.put(EVENT, never);
    assert.deepEqual(await busyTimes(rig.source), [
      `10-20T07:00 to 10-20T07:30, ${eventId}`,
      '10-20T10:00 to 10-20T11:00',
    ]);
    await rig.source.remove(eventId, never);
    assert.deepEqual(await busyTimes(rig.source), ['10-20T10:00 to 10-20T11:00']);
    assert.deepEqual(await rig.source.check(never), { state: 'ok', detail: 'It answers', expiresAt: null });
  });

  test(`${name}: stopped, or with nobody there, nothing has happened and it may be tried again`, { skip }, async () => {
    await using rig = await start();
    const all = (signal: AbortSignal) => [
      rig.source.busy(FROM, TO, signal),
      rig.source.put(EVENT, signal),
      rig.source.remove(eventId, signal),
    ];
    for (const failing of all(AbortSignal.abort()).map(failureOf)) assert.equal((await failing).outcome, 'later');
    assert.equal(await rig.count(), 0);
    // With whatever it takes to ask.
    await busyTimes(rig.source);
    await rig.stop();
    for (const failing of all(never).map(failureOf)) {
      const { outcome, message } = await failing;
      assert.equal(outcome, 'later');
      for (const secret of rig.secrets) assert.ok(!message.includes(secret), message);
    }
    assert.equal((await rig.source.check(never)).state, 'problem');
  });
}
