import { z } from 'zod';
import { effect } from '../../../domain/contracts/effects.ts';
import {
  MOST_IN_BULK,
  bulkFollowUp,
  cancelFollowUpMessage,
  cancelFollowUpsMessage,
  cancelledCount,
  followUp,
  followUpState,
  rescheduleFollowUpMessage,
  scheduleFollowUpMessage,
} from '../../../domain/contracts/follow-ups.ts';
import { identifier } from '../../../domain/contracts/names.ts';
import { instantOut } from '../../../domain/contracts/time-values.ts';
import { type Route, byId, list, page, route } from './route.ts';

const state = followUpState.optional();

/** A follow-up that has been in processing for long: since when, why, and what a person can do about it. */
const stuckFollowUp = z.object({
  followUpId: identifier,
  contactId: identifier,
  type: z.string(),
  scheduledFor: instantOut,
  since: instantOut,
  why: z.string(),
  whatToDo: z.string(),
  effect: effect.nullable(),
});

/** Follow-ups of one contact and of all. */
export const followUpRoutes = {
  listContactFollowUps: route(
    'GET',
    '/api/contacts/:id/follow-ups',
    'Follow-ups of a contact, newest first',
    byId.extend({ ...list, state }),
    page(followUp),
  ),
  scheduleFollowUp: route(
    'POST',
    '/api/contacts/:id/follow-ups',
    'Schedule a follow-up, at an instant or after a delay',
    scheduleFollowUpMessage.omit({ actor: true, askedAt: true }).extend(byId.shape),
    followUp,
    { status: 201 },
  ),
  cancelContactFollowUps: route(
    'DELETE',
    '/api/contacts/:id/follow-ups',
    'Cancel all follow-ups of a contact that are to come',
    cancelFollowUpsMessage.omit({ actor: true }).extend(byId.shape),
    cancelledCount,
  ),

  scheduleFollowUps: route(
    'POST',
    '/api/follow-ups',
    `Schedule up to ${MOST_IN_BULK} follow-ups of any contacts; when one is wrong, none is scheduled`,
    z.strictObject({ items: z.array(bulkFollowUp).min(1).max(MOST_IN_BULK) }),
    /** In the order of the items. */
    z.object({ followUpIds: z.array(identifier) }),
    // Templates may be longer than what usual bodies hold.
    { status: 201, bodyLimit: 32 * 1024 * 1024 },
  ),
  listFollowUps: route(
    'GET',
    '/api/follow-ups',
    'Follow-ups, newest first',
    z.strictObject({ ...list, contactId: identifier.optional(), state }),
    page(followUp),
  ),
  getFollowUp: route('GET', '/api/follow-ups/:id', 'One follow-up', byId, followUp),
  rescheduleFollowUp: route(
    'PATCH',
    '/api/follow-ups/:id',
    'Move a follow-up that is still to come',
    rescheduleFollowUpMessage.pick({ scheduledFor: true }).extend(byId.shape),
    followUp,
  ),
  cancelFollowUp: route(
    'DELETE',
    '/api/follow-ups/:id',
    'Cancel a follow-up; 409 when it was sent, or is being sent at this moment',
    cancelFollowUpMessage.pick({ reason: true }).extend(byId.shape),
    followUp,
  ),

  diagnoseFollowUps: route(
    'GET',
    '/api/doctor/follow-ups',
    'Follow-ups in processing for over two minutes, and why; the longest first',
    z.strictObject({}),
    z.object({ items: z.array(stuckFollowUp), nextCursor: z.null() }),
  ),
} as const satisfies Record<string, Route>;
