import { getExternalWorkflowHandle, isCancellation, workflowInfo } from '@temporalio/workflow';
import { INTERVENTION_DECIDED, type InterventionDecided } from '../domain/contracts/scan-messages.ts';

/** Tells the scan that opened this intervention what it decided. A scan that has ended needs no telling. */
export async function tellScan(decided: InterventionDecided): Promise<void> {
  const { parent } = workflowInfo();
  if (!parent) return;
  try {
    await getExternalWorkflowHandle(parent.workflowId, parent.runId).signal(INTERVENTION_DECIDED, decided);
  } catch (error) {
    if (isCancellation(error)) throw error;
  }
}
