import { eq } from 'drizzle-orm';
import type { CalendarConnectionStore } from '../../domain/ports/booking-store.ts';
import { calendarConnections } from './booking-schema.ts';
import type { Connection } from './connection.ts';

export function calendarConnectionStore(connection: Connection): CalendarConnectionStore {
  return {
    async get(representative) {
      const [row] = await connection.run((database) =>
        database.select().from(calendarConnections).where(eq(calendarConnections.representative, representative)),
      );
      return row ?? null;
    },
    async put(row) {
      const { representative: target } = calendarConnections;
      await connection.run((database) =>
        database.insert(calendarConnections).values(row).onConflictDoUpdate({ target, set: row }),
      );
    },
  };
}
