import { isNull, sql } from 'drizzle-orm';
import { boolean, index, integer, pgTable, primaryKey, uniqueIndex } from 'drizzle-orm/pg-core';
import type {
  ContactDetails,
  ContactMessage,
  Purpose,
  SendDecision,
  SendReason,
} from '../../domain/contracts/contacts.ts';
import type { FollowUpMessage, FollowUpPayload, FollowUpState } from '../../domain/contracts/follow-ups.ts';
import type { Channel } from '../../domain/contracts/interventions.ts';
import { instant, json, safeText } from './columns.ts';

/** What was said of people; a contact that is a customer may have no row. */
export const contacts = pgTable(
  'contacts',
  {
    workspace: safeText('workspace').notNull(),
    contactId: safeText('contact_id').notNull(),
    name: safeText('name'),
    email: safeText('email'),
    phone: safeText('phone'),
    telegram: safeText('telegram'),
    timezone: safeText('timezone'),
    language: safeText('language'),
    marketing: boolean('marketing'),
    /** Details expressly taken away, for which the customer of the same id does not step in. */
    withheld: json('withheld').$type<(keyof ContactDetails)[]>().notNull().default([]),
    createdAt: instant('created_at').notNull(),
    updatedAt: instant('updated_at').notNull(),
  },
  (table) => [primaryKey({ columns: [table.workspace, table.contactId] })],
);

/** One taken back keeps its row: it is proof of what held when. */
export const contactOptOuts = pgTable(
  'contact_opt_outs',
  {
    workspace: safeText('workspace').notNull(),
    contactId: safeText('contact_id').notNull(),
    /** null: all channels. */
    channel: safeText('channel').$type<Channel>(),
    /** null: all purposes. */
    purpose: safeText('purpose').$type<Purpose>(),
    at: instant('at').notNull(),
    actor: safeText('actor').notNull(),
    takenBackAt: instant('taken_back_at'),
    takenBackBy: safeText('taken_back_by'),
  },
  (table) => [
    uniqueIndex('contact_opt_outs_in_force')
      .on(table.workspace, table.contactId, sql`coalesce(channel, '')`, sql`coalesce(purpose, '')`)
      .where(isNull(table.takenBackAt)),
    index('contact_opt_outs_of_contact').on(table.workspace, table.contactId, table.at),
  ],
);

/** `out`: an effect that is done, by its key. `in`: a reply, by the id that its channel gave it. */
export const contactMessages = pgTable(
  'contact_messages',
  {
    workspace: safeText('workspace').notNull(),
    contactId: safeText('contact_id').notNull(),
    direction: safeText('direction').$type<ContactMessage['direction']>().notNull(),
    messageId: safeText('message_id').notNull(),
    channel: safeText('channel').notNull(),
    purpose: safeText('purpose').$type<Purpose>(),
    subject: safeText('subject'),
    at: instant('at').notNull(),
    /** Follow-ups that a reply cancelled. */
    cancelled: integer('cancelled'),
  },
  (table) => [
    primaryKey({ columns: [table.workspace, table.contactId, table.direction, table.messageId] }),
    index('contact_messages_newest').on(table.workspace, table.contactId, table.at, table.messageId),
  ],
);

/** The last answer for each message to "may we write to them now". */
export const sendDecisions = pgTable(
  'send_decisions',
  {
    workspace: safeText('workspace').notNull(),
    contactId: safeText('contact_id').notNull(),
    messageId: safeText('message_id').notNull(),
    decision: safeText('decision').$type<SendDecision['decision']>().notNull(),
    at: instant('at'),
    channel: safeText('channel').$type<Channel>(),
    reason: safeText('reason').$type<SendReason>().notNull(),
    detail: safeText('detail').notNull(),
    decidedAt: instant('decided_at').notNull(),
  },
  (table) => [
    primaryKey({ columns: [table.workspace, table.contactId, table.messageId] }),
    index('send_decisions_newest').on(table.workspace, table.decidedAt),
  ],
);

/** Follow-ups, under the names by which people query them: a contact is a prospect, a type an action. */
export const scheduledActions = pgTable(
  'scheduled_actions',
  {
    workspace: safeText('workspace').notNull(),
    followUpId: safeText('id').notNull(),
    contactId: safeText('prospect_id').notNull(),
    type: safeText('action_type').notNull(),
    scheduledFor: instant('scheduled_for').notNull(),
    /** When it is to be tried next: when it is due, later where it has to wait. */
    nextAt: instant('next_at').notNull(),
    payload: json('payload').$type<FollowUpPayload>().notNull(),
    state: safeText('status').$type<FollowUpState>().notNull(),
    createdAt: instant('created_at').notNull(),
    createdBy: safeText('created_by').notNull(),
    processingSince: instant('processing_since'),
    executedAt: instant('executed_at'),
    endedAt: instant('ended_at'),
    endedBy: safeText('ended_by'),
    reason: safeText('reason'),
    /** The text that was written for it. */
    message: json('message').$type<FollowUpMessage>(),
    /** When its contact was last found to be forgotten. */
    wokenAt: instant('woken_at'),
  },
  (table) => [
    primaryKey({ columns: [table.workspace, table.followUpId] }),
    index('scheduled_actions_newest').on(table.workspace, table.createdAt, table.followUpId),
    index('scheduled_actions_of_contact').on(table.workspace, table.contactId, table.createdAt, table.followUpId),
    index('scheduled_actions_in_state').on(table.workspace, table.state, table.createdAt, table.followUpId),
    index('scheduled_actions_to_come')
      .on(table.workspace, table.contactId, table.nextAt, table.followUpId)
      .where(sql`status in ('pending', 'processing')`),
    index('scheduled_actions_due')
      .on(table.nextAt)
      .where(sql`status in ('pending', 'processing')`),
    index('scheduled_actions_processing')
      .on(table.workspace, table.processingSince)
      .where(sql`status = 'processing'`),
  ],
);
