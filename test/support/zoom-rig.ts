import assert from 'node:assert/strict';
import { inspect } from 'node:util';
import { MeetingError, type MeetingPlan, type MeetingService } from '../../domain/ports/meetings.ts';
import type { ZoomSettings } from '../../services/calendars/settings.ts';
import { createDialler, type Dialler } from '../../services/dialler.ts';
import { createZoom } from '../../services/zoom.ts';
import { newEffects } from '../services/channels-suite/rigs.ts';
import type { ZoomAccountOptions } from './stub-zoom-account.ts';
import { StubZoom } from './stub-zoom.ts';

export const START = '2026-11-09T09:00:00+05:30';
export const PLAN: MeetingPlan = {
  marker: 'booking_7-a',
  topic: 'Demo for Asha',
  start: START,
  durationMinutes: 30,
  timezone: 'Asia/Kolkata',
};
export const LATER = { start: '2026-12-01T10:00:00Z', durationMinutes: 45, timezone: 'Europe/Berlin' };
export const HOUR_MS = 3_600_000;
const NOON = Date.parse('2026-11-06T12:00:00Z');

/** None of these may be in an error: what Zoom says, who people are, what opens doors, where it is. */
const CANARIES = ['canary', 'host@example.com', '127.0.0.1', 'nginx', 'Validation', 'permitted', 'exceeded', 'Basic'];

/** Zoom's meetings, with the stub behind them and a clock for both. */
export interface ZoomRig extends AsyncDisposable {
  stub: StubZoom;
  zoom: MeetingService;
  dialler: Dialler;
  clock: { at: number };
}

interface RigOptions extends Omit<ZoomAccountOptions, 'now'> {
  settings?: Partial<ZoomSettings>;
  timeoutMs?: number;
  dialler?: Dialler;
}

export async function openRig(options: RigOptions = {}): Promise<ZoomRig> {
  const { settings = {}, timeoutMs = 15_000, dialler = createDialler(), ...account } = options;
  const clock = { at: NOON };
  const now = (): number => clock.at;
  const stub = await StubZoom.start(newEffects(), { ...account, now });
  return {
    ...{ stub, clock, dialler },
    zoom: createZoom({ ...stub.settings, ...settings }, { dialler, now, timeoutMs }),
    [Symbol.asyncDispose]: async () => {
      await dialler[Symbol.asyncDispose]();
      await stub[Symbol.asyncDispose]();
    },
  };
}

/** Why it was not done. What must not be shown is looked for in it. */
export async function failureOf(asking: Promise<unknown>): Promise<MeetingError> {
  const error = await asking.then(
    () => assert.fail('it was done'),
    (caught: unknown) => caught,
  );
  assert.ok(error instanceof MeetingError, inspect(error));
  withoutCanaries(inspect(error, { depth: 10, showHidden: true }));
  return error;
}

export function withoutCanaries(shown: string): void {
  for (const canary of CANARIES) assert.ok(!shown.includes(canary), shown);
}

/** What the stub made, moved and deleted, in order. */
export const did = (stub: StubZoom): (string | undefined)[] => stub.effects.all().map((effect) => effect.did);
