import { sql } from 'drizzle-orm';
import type { Logger } from 'pino';
import type { Store } from '../../domain/ports/store.ts';
import { bookingStore } from './bookings.ts';
import { calendarConnectionStore } from './calendar-connections.ts';
import type { Connection } from './connection.ts';
import { contactStore } from './contacts.ts';
import { customerStore } from './customers.ts';
import { deliveryStore } from './deliveries.ts';
import { effectStore } from './effects.ts';
import { openEmbedded } from './embedded.ts';
import { escalationStore } from './escalations.ts';
import { eventStore } from './events.ts';
import { followUpStore } from './follow-ups.ts';
import { idempotencyStore } from './idempotency.ts';
import { interventionStore } from './interventions.ts';
import { leaseStore } from './leases.ts';
import { outageStore } from './outages.ts';
import { outboxStore } from './outbox.ts';
import { connectPostgres } from './postgres.ts';
import { runStore } from './runs.ts';
import { scanStore } from './scans.ts';
import { scheduleStore } from './schedules.ts';
import { tokenStore } from './tokens.ts';

function storeOn(connection: Connection): Store {
  return {
    customers: customerStore(connection),
    scans: scanStore(connection),
    interventions: interventionStore(connection),
    escalations: escalationStore(connection),
    outbox: outboxStore(connection),
    schedules: scheduleStore(connection),
    runs: runStore(connection),
    outages: outageStore(connection),
    leases: leaseStore(connection),
    tokens: tokenStore(connection),
    idempotency: idempotencyStore(connection),
    events: eventStore(connection),
    contacts: contactStore(connection),
    followUps: followUpStore(connection),
    effects: effectStore(connection),
    deliveries: deliveryStore(connection),
    bookings: bookingStore(connection),
    calendarConnections: calendarConnectionStore(connection),
    ping: async () => {
      await connection.run((database) => database.execute(sql`select 1`));
    },
    close: () => connection.close(),
  };
}

/**
 * The store: Postgres at `databaseUrl` where there is one, which any number of processes may share; else PGlite under
 * `<dataDir>/.reveille/store`, which this process then holds until it closes the store or ends. Its tables are brought up
 * to date. Close it when done.
 * @throws ReveilleError `unavailable` when it does not open, `conflict` naming the process that holds the embedded one
 */
export async function openStore(options: {
  databaseUrl?: string | undefined;
  dataDir: string;
  /** Where an empty embedded database is kept to be copied; without it each new one is made from nothing. */
  cacheDir?: string | undefined;
  logger?: Logger | undefined;
}): Promise<Store> {
  const { databaseUrl, dataDir, cacheDir, logger } = options;
  return storeOn(
    databaseUrl ? await connectPostgres(databaseUrl, logger) : await openEmbedded(dataDir, cacheDir, logger),
  );
}
