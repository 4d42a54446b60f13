import type { Channel } from '../domain/contracts/interventions.ts';
import type { Purpose } from '../domain/contracts/contacts.ts';
import type { SendPolicy } from '../domain/contacts/policy.ts';
import type { Channels, DeliveryChannel } from '../domain/ports/channels.ts';
import type { ContactService } from '../domain/ports/contact-service.ts';
import type { MeetingService } from '../domain/ports/meetings.ts';
import type { Failpoint } from '../domain/ports/failpoints.ts';
import type { LanguageModel } from '../domain/ports/language-model.ts';
import type { MemoryFiles } from '../domain/ports/memory-files.ts';
import type { Store } from '../domain/ports/store.ts';
import type { ScheduleUpkeep, WorkflowService } from '../domain/ports/workflow-service.ts';
import type { BookingDesk } from '../services/calendars/desk.ts';

/** Everything activities reach the world through. */
export interface ActivityDependencies {
  store: Store;
  /** null: the agents decide by their rules. */
  model: LanguageModel | null;
  memory: MemoryFiles;
  workflows: WorkflowService;
  contacts: ContactService;
  upkeep: ScheduleUpkeep;
  delivery: DeliveryDependencies;
  booking: BookingDependencies;
  /** Named places at which a test makes the process die. */
  failpoint: Failpoint;
  /** Who is told when an approval stays unanswered. */
  escalationOwner: string;
  /** How long ended runs are kept in the ledger, in milliseconds. */
  runRetentionMs: number;
}

/** Where slots are taken, and what makes meetings. */
export interface BookingDependencies {
  desk: BookingDesk;
  /** null: meetings take place where their calendar says. */
  meetings: MeetingService | null;
  /** Signed, for whoever has the mail; null: no links are configured. */
  links:
    ((of: { workspace: string; bookingId: string; until: string }) => { reschedule: string; cancel: string }) | null;
}

/** How messages reach people, and what holds them back. */
export interface DeliveryDependencies {
  channels: Channels;
  /** What takes the messages of a channel that is not configured. */
  standIn(channel: Channel, kind: 'follow_up' | 'intervention' | 'booking'): DeliveryChannel;
  policy: SendPolicy;
  /** IANA zone of contacts that name none. */
  timezone: string;
  /** null: no links are configured. */
  unsubscribeUrl:
    | ((link: { workspace: string; contactId: string; channel: Channel | null; purpose: Purpose | null }) => string)
    | null;
  /** Mail addresses that we write from: what comes from them is no reply. */
  ownAddresses: readonly string[];
}
