import { parseArgs } from 'node:util';
import { Client, Connection, WithStartWorkflowOperation } from '@temporalio/client';
import { loadClientConnectConfig } from '@temporalio/envconfig';
import { DEFAULT_WORKSPACE, TASK_QUEUES, identifier, slug, workflowIds } from '../../domain/contracts/names.ts';
import { ReveilleError } from '../../domain/errors.ts';
import { parse } from '../../domain/parse.ts';
import { updateError } from '../../services/temporal/update-errors.ts';

/** The workflow of a contact, as a client sees it. */
export type Contact = (input: { workspace: string; contactId: string }) => Promise<void>;

/** The contact that the command line names, and a client of the server that holds its workflow. */
export interface OnContact {
  client: Client;
  contactId: string;
  /** How its workflow is started where none is open: it is so only while something is pending. */
  start: { workflowId: string; taskQueue: string; args: Parameters<Contact> };
  /** What an option of the example's own says. */
  option(name: string): string | undefined;
}

/**
 * Runs an example as `CONTACT [--workspace W]`, with options of its own: prints the line that `work` ends with. Where the
 * server is, TEMPORAL_ADDRESS, TEMPORAL_NAMESPACE and the other variables of Temporal's own tools say. Exit code 1 for what
 * failed, 2 for wrong use or input.
 */
export async function onContact(work: (on: OnContact) => Promise<string>, options: string[] = []): Promise<void> {
  try {
    const { values, positionals } = read(['workspace', ...options]);
    const contactId = parse(identifier, positionals[0], 'Contact');
    const workspace = parse(slug, values['workspace'] ?? DEFAULT_WORKSPACE, 'Workspace');
    const workflowId = workflowIds.contact(workspace, contactId);
    const start: OnContact['start'] = { workflowId, taskQueue: TASK_QUEUES.main, args: [{ workspace, contactId }] };
    const { connectionOptions, namespace = 'default' } = loadClientConnectConfig();
    const connection = await Connection.connect(connectionOptions);
    try {
      const client = new Client({ connection, namespace });
      process.stdout.write(`${await work({ client, contactId, start, option: (name) => values[name] })}\n`);
    } finally {
      await connection.close();
    }
  } catch (error) {
    const told = updateError(error, 'The contact could not take the message');
    process.stderr.write(`${told instanceof Error ? told.message : String(told)}\n`);
    process.exitCode = told instanceof ReveilleError && told.code === 'invalid_input' ? 2 : 1;
  }
}

/** What an update opens a contact's workflow with, where none is open. */
export const opening = (start: OnContact['start']) =>
  new WithStartWorkflowOperation<Contact>('contact', { ...start, workflowIdConflictPolicy: 'USE_EXISTING' });

function read(names: readonly string[]) {
  const options = Object.fromEntries(names.map((name) => [name, { type: 'string' as const }]));
  try {
    const { values, positionals } = parseArgs({ options, allowPositionals: true });
    if (positionals.length === 1) return { values, positionals };
  } catch {
    // Told below.
  }
  const usage = `Use: CONTACT ${names.map((name) => `[--${name} ${name.toUpperCase()}]`).join(' ')}`;
  throw new ReveilleError('invalid_input', usage);
}
