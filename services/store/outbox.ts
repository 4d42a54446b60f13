import { and, eq } from 'drizzle-orm';
import type { OutboxMessage } from '../../domain/contracts/interventions.ts';
import type { OutboxStore } from '../../domain/ports/store.ts';
import type { Connection } from './connection.ts';
import { NewestFirst } from './cursor.ts';
import { outbox } from './schema.ts';

function toMessage({ workspace: _workspace, ...message }: typeof outbox.$inferSelect): OutboxMessage {
  return message;
}

/** Messages that could go nowhere else. */
export function outboxStore(connection: Connection): OutboxStore {
  const newest = new NewestFirst(outbox, 'createdAt', 'messageId');
  return {
    async put(workspace, message) {
      await connection.run((database) =>
        database
          .insert(outbox)
          .values({ ...message, workspace })
          .onConflictDoNothing(),
      );
    },
    async get(workspace, messageId) {
      const [row] = await connection.run((database) =>
        database
          .select()
          .from(outbox)
          .where(and(eq(outbox.workspace, workspace), eq(outbox.messageId, messageId))),
      );
      return row ? toMessage(row) : null;
    },
    async list(workspace, options) {
      return newest.list(connection, options, eq(outbox.workspace, workspace), toMessage);
    },
  };
}
