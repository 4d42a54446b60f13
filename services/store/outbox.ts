import { and, eq, getTableColumns, sql } from 'drizzle-orm';
import type { OutboxMessage } from '../../domain/contracts/interventions.ts';
import type { OutboxStore } from '../../domain/ports/store.ts';
import type { Connection } from './connection.ts';
import { NewestFirst } from './cursor.ts';
import { outbox } from './schema.ts';
import { Statement, given, statementsOn } from './statements.ts';

function toMessage({ workspace: _workspace, ...message }: typeof outbox.$inferSelect): OutboxMessage {
  return message;
}

const columns = Object.entries(getTableColumns(outbox));

const put = new Statement<never>(
  'put_in_outbox',
  sql`insert into ${outbox} (${sql.join(
    columns.map(([, { name }]) => sql.identifier(name)),
    sql`, `,
  )}) values (${sql.join(
    columns.map(([field, column]) => given(field, column)),
    sql`, `,
  )}) on conflict do nothing`,
);

/** Messages that could go nowhere else. */
export function outboxStore(connection: Connection): OutboxStore {
  const run = statementsOn(connection);
  const newest = new NewestFirst(outbox, 'createdAt', 'messageId');
  return {
    async put(workspace, message) {
      await connection.run((database) => run(database, put, { ...message, workspace }));
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
