import {
  contact,
  contactDetails,
  optMessage,
  optOutcome,
  recordReplyMessage,
  replyNoted,
  requestSendMessage,
  sendDecision,
} from '../../../domain/contracts/contacts.ts';
import { type Route, byId, route } from './route.ts';

/** People: what is known of them, what they want and answer, and whether they may be written to now. */
export const contactRoutes = {
  putContact: route(
    'PUT',
    '/api/contacts/:id',
    'Note details of a contact, which is made where there is none; what is absent stays, null takes away',
    contactDetails.extend(byId.shape),
    contact,
  ),
  getContact: route('GET', '/api/contacts/:id', 'One contact', byId, contact),
  recordReply: route(
    'POST',
    '/api/contacts/:id/replies',
    'Note that the contact wrote, which cancels the follow-ups to come',
    recordReplyMessage.extend(byId.shape),
    replyNoted,
  ),
  optOut: route(
    'POST',
    '/api/contacts/:id/opt-out',
    'Write to the contact no more: by one channel or all, for one purpose or all',
    optMessage.omit({ actor: true }).extend(byId.shape),
    optOutcome,
  ),
  optIn: route(
    'POST',
    '/api/contacts/:id/opt-in',
    'Take opt-outs of this channel and purpose back, all where neither is named',
    optMessage.omit({ actor: true }).extend(byId.shape),
    optOutcome,
  ),
  requestSend: route(
    'POST',
    '/api/contacts/:id/send-requests',
    'May this message be sent now, and if not, when and why',
    requestSendMessage.omit({ actor: true }).extend(byId.shape),
    sendDecision,
  ),
} as const satisfies Record<string, Route>;
