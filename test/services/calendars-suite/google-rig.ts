import type { CalendarLeave } from '../../../domain/ports/booking-store.ts';
import { allowEntryOfUrl } from '../../../services/address-rules.ts';
import { createGoogleSource } from '../../../services/calendars/google.ts';
import { createDialler } from '../../../services/dialler.ts';
import { StubGoogle } from '../../support/stub-google.ts';
import { newEffects } from '../channels-suite/rigs.ts';
import { NOW, type SourceRig } from './suite.ts';

export interface GoogleRig extends SourceRig {
  google: StubGoogle;
  /** What the store has of the representative. */
  leave: CalendarLeave | null;
  /** What the clock shows, epoch milliseconds. */
  now: number;
}

const leaveOf = (refreshToken: string): CalendarLeave => ({
  representative: 'asha',
  refreshToken,
  connectedAt: '2026-10-01T00:00:00Z',
  connectedBy: 'ops',
  expiresAt: null,
});

/** A connected calendar at Google, with the stub behind it. */
export async function googleRig({
  calendarId = 'primary',
  timeoutMs = 15_000,
}: { calendarId?: string; timeoutMs?: number } = {}): Promise<GoogleRig> {
  const google = await StubGoogle.start(newEffects());
  const { settings } = google;
  const dialler = createDialler({ allowPrivateHosts: [allowEntryOfUrl(settings.apiUrl)] });
  const rig = { leave: leaveOf(google.giveLeave()) as CalendarLeave | null, now: NOW };
  const connections = {
    get: async (representative: string) => (representative === 'asha' ? rig.leave : null),
  };
  const source = createGoogleSource(
    { representative: 'asha', calendarId },
    { settings, connections, dialler, now: () => rig.now, timeoutMs },
  );
  return Object.assign(rig, {
    google,
    source,
    addForeign: async (start: string, end: string) =>
      google.events.add({ start: { dateTime: start }, end: { dateTime: end } }),
    count: async () => google.events.shown().length,
    stop: () => google[Symbol.asyncDispose](),
    secrets: ['canary'],
    [Symbol.asyncDispose]: async () => {
      await dialler[Symbol.asyncDispose]();
      await google[Symbol.asyncDispose]();
    },
  });
}

/** The same leave, but for what is given. */
export const another = (rig: GoogleRig, change: Partial<CalendarLeave>): CalendarLeave => ({
  ...(rig.leave ?? leaveOf('none')),
  ...change,
});
