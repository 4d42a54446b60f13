import type { Client } from '@temporalio/client';
import type { Command } from 'commander';
import { SEARCH_ATTRIBUTES, TASK_QUEUES, WORKFLOW_TYPES } from '../../domain/contracts/names.ts';
import { ReveilleError } from '../../domain/errors.ts';
import type { Configuration } from '../../services/configuration.ts';
import { runningService } from '../service.ts';
import { healthOf } from './calendars.ts';
import { formatDetail } from './calendars-output.ts';
import { type Cli, openCli, withService } from './context.ts';

interface Finding {
  check: string;
  state: 'ok' | 'off' | 'warning' | 'problem';
  detail: string;
  remedy: string | null;
}

const TIMEOUT_MS = 5_000;

/** `doctor`: exit code 1 when anything is a problem. */
export function doctorCommand(program: Command): void {
  program
    .command('doctor')
    .description(
      'check server, search attributes, workers, schedules, store, model, calendars and Zoom, and say what to do',
    )
    .addHelpText('after', '\nExample:\n  reveille doctor')
    .action(async (_flags: object, command: Command) => {
      const cli = openCli(command);
      const findings = [
        ...(await checkStore(cli)),
        ...(await checkTemporal(cli.configuration)),
        await checkModel(cli.configuration),
        ...(await checkCalendars(cli)),
        await checkZoom(cli.configuration),
      ];
      const lines = findings.map(
        ({ check, state, detail, remedy }) =>
          `${MARKS[state]} ${check}: ${detail}${remedy ? `\n          → ${remedy}` : ''}`,
      );
      cli.print(lines.join('\n'), findings);
      if (findings.some((finding) => finding.state === 'problem')) process.exitCode = 1;
    });
}

const MARKS = { ok: 'ok      ', off: 'off     ', warning: 'warning ', problem: 'PROBLEM ' } as const;

const ok = (check: string, detail: string): Finding => ({ check, state: 'ok', detail, remedy: null });
const off = (check: string, detail: string, remedy: string | null): Finding => ({
  check,
  state: 'off',
  detail,
  remedy,
});
const problem = (check: string, detail: string, remedy: string): Finding => ({
  check,
  state: 'problem',
  detail,
  remedy,
});

async function checkStore(cli: Cli): Promise<Finding[]> {
  try {
    return await withService(cli, async (operations, runtime) => {
      await operations.listScans(cli.caller, { limit: 1 });
      const service = runtime
        ? ok('service', `process ${runtime.pid} at ${runtime.api}`)
        : off('service', 'none is running here', 'start one with: npm start');
      return [service, ok('store', cli.configuration.databaseUrl ? 'Postgres answers' : 'the embedded store answers')];
    });
  } catch (error) {
    const remedy = cli.configuration.databaseUrl ? 'check DATABASE_URL and that Postgres runs' : 'see the message';
    return [problem('store', messageOf(error), remedy)];
  }
}

async function checkTemporal(configuration: Configuration): Promise<Finding[]> {
  if (configuration.temporal.address === null && !(await runningService(configuration.dataDir))) {
    return [off('temporal', 'no server is configured; a service starts one of its own', null)];
  }
  let client: Client;
  try {
    // Loaded when needed: the SDK's native module would slow down every other command.
    const { temporalTarget } = await import('./temporal-target.ts');
    const { connectClient } = await import('../../services/temporal/connection.ts');
    client = await connectClient(await temporalTarget(configuration));
  } catch (error) {
    return [problem('temporal', messageOf(error), 'start that server, or correct TEMPORAL_ADDRESS')];
  }
  try {
    const server = ok('temporal', `server answers, namespace ${client.options.namespace}`);
    return [server, await checkSearchAttributes(client), await checkWorkers(client), ...(await checkSchedules(client))];
  } catch (error) {
    return [problem('temporal', messageOf(error), `check that the namespace ${client.options.namespace} exists`)];
  } finally {
    await client.connection.close();
  }
}

async function checkSearchAttributes({ connection, options: { namespace } }: Client): Promise<Finding> {
  const { customAttributes } = await connection.operatorService.listSearchAttributes({ namespace });
  const missing = SEARCH_ATTRIBUTES.filter((name) => !customAttributes?.[name]);
  return missing.length === 0
    ? ok('search attributes', SEARCH_ATTRIBUTES.join(', '))
    : problem(
        'search attributes',
        `missing: ${missing.join(', ')}`,
        'a starting worker creates them; else an administrator',
      );
}

async function checkWorkers(client: Client): Promise<Finding> {
  const { livePollers } = await import('./pollers.ts');
  const workers = await livePollers(client);
  return workers.length > 0
    ? ok('workers', `${workers.length} on task queue ${TASK_QUEUES.main}`)
    : problem('workers', `none on task queue ${TASK_QUEUES.main}`, 'start one with: npm start, or reveille worker');
}

/** Schedules that can never do anything: without timing, or with a workflow type nobody knows. */
async function checkSchedules(client: Client): Promise<Finding[]> {
  const findings: Finding[] = [];
  let count = 0;
  for await (const { scheduleId, action: listed, spec } of client.schedule.list()) {
    count += 1;
    const timed = (spec?.calendars?.length ?? 0) + (spec?.intervals?.length ?? 0) > 0;
    const type = listed?.workflowType ?? '';
    const known = WORKFLOW_TYPES.some((one) => one === type);
    if (timed && known) continue;
    // The list does not tell whose they are: others may have schedules in the namespace as well.
    const { action } = await client.schedule.getHandle(scheduleId).describe();
    if (action.taskQueue !== TASK_QUEUES.main) continue;
    if (!timed) findings.push(problem('schedule', `${scheduleId} has no timing`, 'give it --cron or --interval'));
    if (!known) {
      findings.push(
        problem('schedule', `${scheduleId} starts unknown type "${type}"`, `use one of: ${WORKFLOW_TYPES.join(', ')}`),
      );
    }
  }
  return findings.length > 0 ? findings : [ok('schedules', `${count}, each with timing and a known type`)];
}

async function checkModel({ llm }: Configuration): Promise<Finding> {
  if (!llm) return off('model', 'none configured; the agents decide by rules', null);
  const remedy = 'check REVEILLE_LLM_BASE_URL and REVEILLE_LLM_API_KEY; meanwhile the agents decide by rules';
  try {
    const answer = await fetch(`${llm.baseUrl.replace(/\/$/, '')}/models`, {
      headers: llm.apiKey ? { authorization: `Bearer ${llm.apiKey}` } : {},
      signal: AbortSignal.timeout(TIMEOUT_MS),
    });
    if (answer.ok || answer.status === 404) return ok('model', `${llm.model} at ${new URL(llm.baseUrl).host} answers`);
    return problem('model', `${new URL(llm.baseUrl).host} answers ${answer.status}`, remedy);
  } catch {
    return problem('model', `${new URL(llm.baseUrl).host} does not answer`, remedy);
  }
}

/** Each calendar of the configuration: whether what its representative has in it can be read. */
async function checkCalendars(cli: Cli): Promise<Finding[]> {
  const { calendars } = cli.configuration.booking;
  if (Object.keys(calendars).length === 0) {
    return [
      off('calendars', 'none configured; there are no slots to book', 'name one in reveille.yaml: docs/booking.md'),
    ];
  }
  try {
    const found = await withService(cli, (operations) => healthOf(operations, cli.caller));
    return found.map(({ state, calendar, ...health }) => ({
      check: `calendar ${calendar}`,
      state: state === 'none' ? 'ok' : state,
      detail: formatDetail({ state, ...health }),
      remedy: state === 'ok' || state === 'none' ? null : remedyFor(calendars[calendar]?.representative ?? null, cli),
    }));
  } catch (error) {
    return [problem('calendars', messageOf(error), 'see the finding about the store')];
  }
}

function remedyFor(representative: string | null, { configuration }: Cli): string {
  const type =
    representative === null ? undefined : configuration.booking.representatives[representative]?.calendar?.type;
  return type === 'google'
    ? `have leave given anew: reveille calendars connect ${representative}`
    : `check the url, user and password of representatives.${representative}.calendar in reveille.yaml`;
}

async function checkZoom({ booking, allowPrivateHosts }: Configuration): Promise<Finding> {
  if (booking.zoom === null) return off('zoom', 'not configured; bookings have the location of their calendar', null);
  const [{ createZoom }, { createDialler }] = await Promise.all([
    import('../../services/zoom.ts'),
    import('../../services/dialler.ts'),
  ]);
  await using dialler = createDialler({ allowPrivateHosts });
  const zoom = createZoom(booking.zoom, { dialler, now: Date.now, timeoutMs: TIMEOUT_MS });
  const { ok: isFine, detail } = await zoom.check(AbortSignal.timeout(TIMEOUT_MS));
  const remedy = 'check ZOOM_ACCOUNT_ID, ZOOM_CLIENT_ID, ZOOM_CLIENT_SECRET and REVEILLE_ZOOM_USER: docs/booking.md';
  return isFine ? ok('zoom', detail) : problem('zoom', detail, remedy);
}

const messageOf = (error: unknown): string => (error instanceof ReveilleError ? error.message : 'does not answer');
