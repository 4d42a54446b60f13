import { approvalActivities } from './approvals.ts';
import { bookingEffectActivities } from './booking-effects.ts';
import { bookingMessageActivities } from './booking-messages.ts';
import { bookingActivities } from './bookings.ts';
import { contactActivities } from './contacts.ts';
import type { ActivityDependencies } from './dependencies.ts';
import { withFailures } from './failures.ts';
import { followUpActivities } from './follow-ups.ts';
import { handOverActivities } from './hand-over.ts';
import { interventionActivities } from './interventions.ts';
import { maintenanceActivities } from './maintenance.ts';
import { runActivities } from './runs.ts';
import { scanActivities } from './scans.ts';

export type { ActivityDependencies } from './dependencies.ts';

/** All activities, put together once per worker process. Each takes one JSON object and may be run twice. */
export function createActivities(dependencies: ActivityDependencies) {
  return withFailures({
    ...scanActivities(dependencies),
    ...interventionActivities(dependencies),
    ...approvalActivities(dependencies),
    ...handOverActivities(dependencies),
    ...contactActivities(dependencies),
    ...followUpActivities(dependencies),
    ...bookingActivities(dependencies),
    ...bookingEffectActivities(dependencies),
    ...bookingMessageActivities(dependencies),
    ...runActivities(dependencies),
    ...maintenanceActivities(dependencies),
  });
}

export type Activities = ReturnType<typeof createActivities>;
export type ActivityName = keyof Activities;
