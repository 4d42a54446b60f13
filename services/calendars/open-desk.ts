import type { Store } from '../../domain/ports/store.ts';
import type { Configuration } from '../configuration.ts';
import type { Dialler } from '../dialler.ts';
import { createCalendars } from './calendars.ts';
import { type BookingDesk, createDesk } from './desk.ts';
import { openSources } from './sources.ts';

/** Calendars and slots as the configuration has them. The dialler stays the caller's. */
export function openDesk(
  { booking, timezone, dataDir }: Pick<Configuration, 'booking' | 'timezone' | 'dataDir'>,
  { store, dialler }: { store: Pick<Store, 'bookings' | 'calendarConnections'>; dialler: Dialler },
): BookingDesk {
  const sources = openSources({
    google: booking.google,
    connections: store.calendarConnections,
    ...{ dialler, timezone, folder: dataDir },
  });
  return createDesk(createCalendars(booking, sources), store.bookings);
}
