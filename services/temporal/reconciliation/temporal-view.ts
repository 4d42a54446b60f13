import {
  type Client,
  Connection,
  ScheduleNotFoundError,
  WorkflowFailedError,
  WorkflowNotFoundError,
} from '@temporalio/client';
import type { EndedRunState } from '../../../domain/contracts/runs.ts';
import { ensureSearchAttributes } from '../connection.ts';

/** How long one call may take, in milliseconds; and the one by which we see whether Temporal is there at all. */
const CALL_MS = 10_000;
const PROBE_MS = 4_000;
/** Many pages, one after the other. */
const LIST_MS = 60_000;

/** A chain of runs as Temporal has it: the run that was started and what continued it. Epoch milliseconds. */
export interface SeenRun {
  workflowId: string;
  /** Of the first run of the chain. */
  firstRunId: string;
  /** Of its last. */
  runId: string;
  startedAt: number;
  /** null: it goes on. */
  end: { state: EndedRunState; at: number } | null;
  /** Whether a worker has taken its first workflow task. */
  taken: boolean;
  /** How often its present workflow task has been tried; 0: there is none. */
  attempts: number;
}

/** What of a schedule's state reconciliation looks at. */
export interface SeenSchedule {
  paused: boolean;
  note: string | null;
  /** Fires that wait in Temporal's buffer. */
  waiting: number;
  /** Fires that Temporal let go because it came back too late for them. */
  missed: number;
}

type Description = Awaited<ReturnType<ReturnType<Client['workflow']['getHandle']>['describe']>>;

const ENDS: Partial<Record<string, EndedRunState>> = {
  COMPLETED: 'completed',
  FAILED: 'failed',
  CANCELLED: 'cancelled',
  TERMINATED: 'terminated',
  TIMED_OUT: 'timed_out',
};

/** What reconciliation asks of Temporal, each call with a deadline. Every method throws while Temporal is away. */
export function temporalView(client: Client) {
  const call = <Result>(work: () => Promise<Result>, forMs = CALL_MS): Promise<Result> =>
    client.connection.withDeadline(Date.now() + forMs, work);

  async function describe(workflowId: string, runId?: string): Promise<Description | null> {
    try {
      return await call(() => client.workflow.getHandle(workflowId, runId).describe());
    } catch (error) {
      if (error instanceof WorkflowNotFoundError) return null;
      throw error;
    }
  }

  /** The run that took over from one that continued as new. */
  async function successor(workflowId: string, runId: string): Promise<string | null> {
    const { history } = await call(() =>
      client.workflowService.getWorkflowExecutionHistoryReverse({
        namespace: client.options.namespace,
        execution: { workflowId, runId },
        maximumPageSize: 1,
      }),
    );
    return history?.events?.[0]?.workflowExecutionContinuedAsNewEventAttributes?.newExecutionRunId ?? null;
  }

  return {
    /** @throws when Temporal does not answer */
    async probe(): Promise<void> {
      const { namespace } = client.options;
      await call(() => client.workflowService.describeNamespace({ namespace }), PROBE_MS);
    },

    /** Makes sure of the search attributes that our schedules carry: a server that lost its data lacks them. */
    async prepare(): Promise<void> {
      const { connection, options } = client;
      if (!(connection instanceof Connection)) return;
      const { address } = connection.options;
      await call(() => ensureSearchAttributes(connection, { address, namespace: options.namespace }));
    },

    /** The newest chain of a workflow id; null: Temporal knows none. */
    async newest(workflowId: string): Promise<SeenRun | null> {
      const description = await describe(workflowId);
      return description && seen(description);
    },

    /** The chain that began with this run, wherever it has got to; null: Temporal no longer knows it. */
    async chain(workflowId: string, firstRunId: string): Promise<SeenRun | null> {
      const newest = await describe(workflowId);
      if (newest && firstRunOf(newest) === firstRunId) return seen(newest);
      // The id has been used again, or never was what we think.
      let description = await describe(workflowId, firstRunId);
      while (description?.status.name === 'CONTINUED_AS_NEW') {
        const next = await successor(workflowId, description.runId);
        if (next === null) break;
        description = await describe(workflowId, next);
      }
      return description && seen(description);
    },

    /** What a chain that has ended says of itself. */
    async outcome(run: SeenRun): Promise<{ result: unknown } | { failure: unknown }> {
      try {
        return { result: await call(() => client.workflow.getHandle(run.workflowId, run.runId).result()) };
      } catch (error) {
        if (error instanceof WorkflowFailedError) return { failure: error.cause };
        throw error;
      }
    },

    /** null: there is none. */
    async schedule(scheduleId: string): Promise<SeenSchedule | null> {
      try {
        const { state, raw } = await call(() => client.schedule.getHandle(scheduleId).describe());
        return {
          paused: state.paused,
          note: state.note ?? null,
          waiting: Number(raw.info?.bufferSize ?? 0),
          missed: Number(raw.info?.missedCatchupWindow ?? 0),
        };
      } catch (error) {
        if (error instanceof ScheduleNotFoundError) return null;
        throw error;
      }
    },

    /** All schedules by id, and whether each is paused. The list lags a little behind. */
    async listed(): Promise<Map<string, { paused: boolean }>> {
      return call(async () => {
        const all = new Map<string, { paused: boolean }>();
        for await (const { scheduleId, state } of client.schedule.list()) all.set(scheduleId, state);
        return all;
      }, LIST_MS);
    },

    /** Workflow ids that a schedule has started for instants in [from, to]. The list lags a little behind. */
    async startedBetween(scheduleId: string, from: string, to: string): Promise<Set<string>> {
      const query = `TemporalScheduledById = '${scheduleId}' AND TemporalScheduledStartTime BETWEEN '${from}' AND '${to}'`;
      return call(async () => {
        const ids = new Set<string>();
        for await (const { workflowId } of client.workflow.list({ query, pageSize: 1_000 })) ids.add(workflowId);
        return ids;
      }, LIST_MS);
    },
  };
}

export type TemporalView = ReturnType<typeof temporalView>;

const firstRunOf = ({ raw, runId }: Description): string => raw.workflowExecutionInfo?.firstRunId || runId;

function seen(description: Description): SeenRun {
  const { workflowId, runId, status, startTime, closeTime, historyLength, raw } = description;
  const firstRunId = firstRunOf(description);
  const state = ENDS[status.name];
  const task = raw.pendingWorkflowTask;
  return {
    ...{ workflowId, firstRunId, runId },
    startedAt: startTime.getTime(),
    end: state ? { state, at: (closeTime ?? new Date()).getTime() } : null,
    // Until then its history has the start, and the task that waits.
    taken: firstRunId !== runId || historyLength > 2,
    attempts: task?.attempt ?? 0,
  };
}
