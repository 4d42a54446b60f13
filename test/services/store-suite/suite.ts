import { accessSuite } from './access.ts';
import { bookingMovesSuite } from './booking-moves.ts';
import { bookingsSuite } from './bookings.ts';
import { contactsSuite } from './contacts.ts';
import { customersSuite } from './customers.ts';
import { deliveriesSuite } from './deliveries.ts';
import { effectsSuite } from './effects.ts';
import { escalationsSuite } from './escalations.ts';
import { eventsSuite } from './events.ts';
import type { StoreUnderTest } from './fixtures.ts';
import { followUpsSuite } from './follow-ups.ts';
import { interventionsSuite } from './interventions.ts';
import { listsSuite } from './lists.ts';
import { lostDeliveriesSuite } from './lost-deliveries.ts';
import { repliesSuite } from './replies.ts';
import { runPlansSuite } from './run-plans.ts';
import { runsSuite } from './runs.ts';
import { scansSuite } from './scans.ts';
import { schedulePausesSuite } from './schedule-pauses.ts';
import { schedulesSuite } from './schedules.ts';
import { usualDeliveriesSuite } from './usual-deliveries.ts';
import { workspacesSuite } from './workspaces.ts';

/** What every store must do, whatever database it stands on. `open` gives the store that all tests share. */
export function storeSuite(open: StoreUnderTest): void {
  customersSuite(open);
  scansSuite(open);
  interventionsSuite(open);
  escalationsSuite(open);
  schedulesSuite(open);
  schedulePausesSuite(open);
  runsSuite(open);
  runPlansSuite(open);
  contactsSuite(open);
  followUpsSuite(open);
  repliesSuite(open);
  effectsSuite(open);
  deliveriesSuite(open);
  usualDeliveriesSuite(open);
  lostDeliveriesSuite(open);
  bookingsSuite(open);
  bookingMovesSuite(open);
  eventsSuite(open);
  accessSuite(open);
  listsSuite(open);
  workspacesSuite(open);
}
