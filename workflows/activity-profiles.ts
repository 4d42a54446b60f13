import { ActivityCancellationType, proxyActivities, proxyLocalActivities } from '@temporalio/workflow';
import type { Activities } from '../activities/index.ts';
import { TASK_QUEUES } from '../domain/contracts/names.ts';

/**
 * Quick steps against the store and the rules, a few milliseconds each, run in the workflow's own task. A store that is
 * away is waited for; after a day the step fails and the intervention says so.
 */
export const quick = proxyLocalActivities<Activities>({
  startToCloseTimeout: '10 seconds',
  scheduleToCloseTimeout: '1 day',
  retry: { initialInterval: '200 milliseconds', backoffCoefficient: 2, maximumInterval: '30 seconds' },
});

/**
 * The run ledger: milliseconds, in the workflow's own task. A store that is away is waited for two minutes, at the start and
 * at the end: together less than what a run keeps of the server's own time, so that no finished run is timed out while it
 * waits to say so. What is missing then is found by the reconciliation.
 */
export const ledger = proxyLocalActivities<Activities>({
  startToCloseTimeout: '10 seconds',
  scheduleToCloseTimeout: '2 minutes',
  retry: { initialInterval: '200 milliseconds', backoffCoefficient: 2, maximumInterval: '10 seconds' },
});

/**
 * Agents that call a language model, on their own queue: an answer takes seconds, and two calls with one repeat fit in
 * two minutes. The agents themselves fall back to rules, so a failure here is the store's or the worker's.
 */
export const modelled = proxyActivities<Activities>({
  taskQueue: TASK_QUEUES.agents,
  startToCloseTimeout: '2 minutes',
  scheduleToCloseTimeout: '1 day',
  retry: { initialInterval: '1 second', backoffCoefficient: 2, maximumInterval: '1 minute' },
});

/**
 * Looks at somebody's calendar, which has eight seconds to answer. Where nothing may be booked without it, whoever asked waits a minute for
 * it to come back.
 */
export const checking = proxyActivities<Activities>({
  startToCloseTimeout: '20 seconds',
  scheduleToCloseTimeout: '1 minute',
  retry: { initialInterval: '1 second', backoffCoefficient: 2, maximumInterval: '15 seconds' },
});

/**
 * Gives something away. Not within the workflow's own task, like the quick steps: what led to it must be in the history
 * before it happens, so that no crash can undo an approval whose message has gone. It is milliseconds' work; a dead
 * worker's is done again after 10 seconds.
 */
export const effects = proxyActivities<Activities>({
  startToCloseTimeout: '10 seconds',
  scheduleToCloseTimeout: '1 day',
  retry: { initialInterval: '500 milliseconds', backoffCoefficient: 2, maximumInterval: '30 seconds' },
});

/**
 * Asks the workflow of a contact, which answers within milliseconds when its worker and the store are there: ten seconds of
 * silence mean that one of them is not, and it is asked again. The same question twice is answered the same.
 */
export const asking = proxyActivities<Activities>({
  startToCloseTimeout: '10 seconds',
  scheduleToCloseTimeout: '1 day',
  cancellationType: ActivityCancellationType.TRY_CANCEL,
  retry: { initialInterval: '500 milliseconds', backoffCoefficient: 2, maximumInterval: '30 seconds' },
});

/**
 * Sends a message: a vendor has a minute to answer, and the store is asked before and after. Heartbeats on the way tell of a
 * dead worker within 15 seconds; the ledger keeps the next attempt from sending twice. What cannot be sent for a day, since
 * the store is away, has failed.
 */
export const sending = proxyActivities<Activities>({
  startToCloseTimeout: '2 minutes',
  scheduleToCloseTimeout: '1 day',
  heartbeatTimeout: '15 seconds',
  retry: { initialInterval: '500 milliseconds', backoffCoefficient: 2, maximumInterval: '30 seconds' },
});

/**
 * Goes through many rows, such as a page of thousands of customers: seconds on a large store, with heartbeats on the
 * way, so a dead worker is noticed within 15 seconds.
 */
export const paging = proxyActivities<Activities>({
  startToCloseTimeout: '10 minutes',
  heartbeatTimeout: '15 seconds',
  cancellationType: ActivityCancellationType.TRY_CANCEL,
  retry: { initialInterval: '500 milliseconds', backoffCoefficient: 2, maximumInterval: '30 seconds' },
});

/**
 * Upkeep of thousands of schedules and rows: minutes, with heartbeats on the way. What cannot be done within an hour is the
 * next run's: nothing hangs on a single day.
 */
export const upkeep = proxyActivities<Activities>({
  startToCloseTimeout: '30 minutes',
  scheduleToCloseTimeout: '1 hour',
  heartbeatTimeout: '30 seconds',
  cancellationType: ActivityCancellationType.TRY_CANCEL,
  retry: { initialInterval: '1 second', backoffCoefficient: 2, maximumInterval: '1 minute' },
});

/**
 * Sends one message in the workflow's own task, which costs half of what an activity of its own does: most vendors answer within
 * a fraction of a second. A worker does only so many at once like this (`deliverFollowUp`), so that a slow vendor cannot take all
 * its workflow tasks. The effect ledger makes it safe to be run again by whoever takes over.
 */
export const sendingHere = proxyLocalActivities<Activities>({
  startToCloseTimeout: '2 minutes',
  scheduleToCloseTimeout: '1 day',
  retry: { initialInterval: '500 milliseconds', backoffCoefficient: 2, maximumInterval: '30 seconds' },
});
