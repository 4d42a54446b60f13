import { mkdir, readFile, readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Client } from '@temporalio/client';
import { historyToJSON } from '@temporalio/common/lib/proto-utils.js';
import { Worker } from '@temporalio/worker';
import { WORKFLOW_TYPES } from '../../domain/contracts/names.ts';
import { ReveilleError, invalidInput } from '../../domain/errors.ts';

/** One recorded run: what it is called, and its history as the Temporal CLI writes it too. */
interface Recorded {
  file: string;
  history: unknown;
}

export interface ReplayOutcome {
  file: string;
  /** null: today's code does the same again. */
  error: string | null;
}

/**
 * Saves the histories of finished and running workflows of our types, newest first, one JSON file each.
 * @param options.perType at most so many of each type
 */
export async function recordHistories(
  client: Client,
  options: { folder: string; perType: number; workspace: string },
): Promise<string[]> {
  await mkdir(options.folder, { recursive: true });
  const files: string[] = [];
  for (const type of WORKFLOW_TYPES) {
    const query = `WorkflowType = '${type}' AND Workspace = '${options.workspace}'`;
    let left = options.perType;
    for await (const { workflowId, runId } of client.workflow.list({ query })) {
      if (left-- === 0) break;
      const history = await client.workflow.getHandle(workflowId, runId).fetchHistory();
      const file = `${type}-${runId}.json`;
      await writeFile(join(options.folder, file), `${historyToJSON(history)}\n`);
      files.push(file);
    }
  }
  return files;
}

/**
 * Replays every history of a folder against the workflow code in `bundle`.
 * @throws ReveilleError `invalid_input` when the folder holds none, or a file that is no history
 */
export async function replayHistories(folder: string, bundle: { code: string }): Promise<ReplayOutcome[]> {
  const outcomes: ReplayOutcome[] = [];
  for (const { file, history } of await readHistories(folder)) {
    try {
      await Worker.runReplayHistory({ workflowBundle: bundle, replayName: file }, history);
      outcomes.push({ file, error: null });
    } catch (error) {
      outcomes.push({ file, error: error instanceof Error ? error.message : String(error) });
    }
  }
  return outcomes;
}

async function readHistories(folder: string): Promise<Recorded[]> {
  const names = await readdir(folder).catch((cause: unknown) => {
    throw new ReveilleError('invalid_input', `The folder ${folder} cannot be read`, { cause });
  });
  const files = names.filter((name) => name.endsWith('.json')).toSorted();
  if (files.length === 0) throw invalidInput([{ path: folder, message: 'holds no histories (*.json)' }]);
  return Promise.all(files.map(async (file) => ({ file, history: await readHistory(join(folder, file)) })));
}

async function readHistory(path: string): Promise<unknown> {
  try {
    const history: unknown = JSON.parse(await readFile(path, 'utf8'));
    if (typeof history === 'object' && history !== null && 'events' in history) return history;
  } catch {
    // Told below: a parser's words say nothing about histories.
  }
  throw invalidInput([{ path, message: 'is no workflow history' }]);
}
