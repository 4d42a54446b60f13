import { randomUUID } from 'node:crypto';
import { WorkflowExecutionAlreadyStartedError } from '@temporalio/client';
import { defineSearchAttributeKey } from '@temporalio/common';
import { TASK_QUEUES, workflowIds } from '../../domain/contracts/names.ts';
import type { Scan } from '../../domain/contracts/scans.ts';
import type { ScanRow } from '../../domain/ports/store.ts';
import type { customerScan } from '../../workflows/customer-scan.ts';
import type { OperationHandlers } from '../api/routes.ts';
import { type OperationDependencies, found, temporalOf } from './dependencies.ts';

type ScanOperations = Pick<OperationHandlers, 'startScan' | 'listScans' | 'getScan'>;

/** Starting scans by hand, and what became of all scans. */
export function scanOperations(dependencies: OperationDependencies): ScanOperations {
  const { store } = dependencies;

  const shown = async (workspace: string, rows: ScanRow[]): Promise<Scan[]> => {
    const totals = await store.scans.totals(workspace);
    return rows.map((row) => ({ ...row, totals, webUi: webUiOf(dependencies, row.workflowId, row.scanId) }));
  };

  return {
    async startScan({ workspace, correlationId, requestKey }, input) {
      const { client } = temporalOf(dependencies);
      const workflowId = workflowIds.started('customerScan', workspace, null, requestKey ?? randomUUID());
      try {
        const handle = await client.workflow.start<typeof customerScan>('customerScan', {
          workflowId,
          taskQueue: TASK_QUEUES.main,
          args: [{ workspace, ...input }],
          // A repeat of the request finds the scan of the first, whether it still runs or not.
          workflowIdReusePolicy: 'REJECT_DUPLICATE',
          ...(correlationId && { memo: { correlationId } }),
          staticSummary: `Scan of workspace ${workspace}, started by hand`,
          typedSearchAttributes: [{ key: defineSearchAttributeKey('Workspace', 'KEYWORD'), value: workspace }],
        });
        return { scanId: handle.firstExecutionRunId, workflowId };
      } catch (error) {
        if (!(error instanceof WorkflowExecutionAlreadyStartedError)) throw error;
        const { raw, runId } = await client.workflow.getHandle(workflowId).describe();
        return { scanId: raw.workflowExecutionInfo?.firstRunId || runId, workflowId };
      }
    },

    async listScans({ workspace }, { limit, cursor }) {
      const { items, nextCursor } = await store.scans.list(workspace, { limit, cursor });
      return { items: await shown(workspace, items), nextCursor };
    },

    async getScan({ workspace }, { id }) {
      const row = found(await store.scans.get(workspace, id), 'scan', id);
      return (await shown(workspace, [row]))[0]!;
    },
  };
}

/** Where the Temporal Web UI shows a run. */
function webUiOf({ temporal }: OperationDependencies, workflowId: string, runId: string): string | null {
  if (!temporal?.webUi) return null;
  const path = ['namespaces', temporal.client.options.namespace, 'workflows', workflowId, runId];
  return `${temporal.webUi}/${path.map(encodeURIComponent).join('/')}`;
}
