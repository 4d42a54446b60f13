import type { Client } from '@temporalio/client';
import { ReveilleError } from '../../domain/errors.ts';
import type { BookingService } from '../../domain/ports/booking-service.ts';
import type { ContactService } from '../../domain/ports/contact-service.ts';
import type { Store } from '../../domain/ports/store.ts';
import type { BookingDesk } from '../../services/calendars/desk.ts';
import { createBookingService } from '../../services/temporal/bookings.ts';
import { createContactService } from '../../services/temporal/contacts.ts';
import { noService } from '../no-service.ts';

/** What the operations are carried out on. */
export interface OperationDependencies {
  store: Store;
  /** null where no service runs: whatever needs running workflows is refused then. */
  temporal: { client: Client; webUi: string | null } | null;
  /** Schedules that fire more often than this are refused, in milliseconds. */
  minIntervalMs: number;
  /** IANA zone of contacts that name none; UTC when absent. */
  timezone?: string;
  /** Where slots are asked for and taken; without it there are no calendars. */
  desk?: BookingDesk;
  /** Has what was noted for reconciliation done at once, where there is one. */
  wake?: () => void;
}

/** @throws ReveilleError `unavailable` that names `npm start` */
export function temporalOf({ temporal }: OperationDependencies): NonNullable<OperationDependencies['temporal']> {
  if (temporal) return temporal;
  throw noService();
}

/** The workflows of contacts. @throws ReveilleError `unavailable` that names `npm start` */
export function contactsOf(dependencies: OperationDependencies): ContactService {
  return createContactService(temporalOf(dependencies).client);
}

/** The workflows of bookings. @throws ReveilleError `unavailable` that names `npm start` */
export function bookingsOf(dependencies: OperationDependencies): BookingService {
  return createBookingService(temporalOf(dependencies).client);
}

/** What was found. @throws ReveilleError `not_found` */
export function found<Item>(item: Item | null, what: string, id: string): Item {
  if (item !== null) return item;
  throw new ReveilleError('not_found', `There is no ${what} ${id} in this workspace`);
}
