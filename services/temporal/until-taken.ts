import { setTimeout as delay } from 'node:timers/promises';
import { statusOf } from './connection.ts';

/** https://grpc.github.io/grpc/core/md_doc_statuscodes.html */
const FAILED_PRECONDITION = 9;
/** Between two tries, in milliseconds. */
const WAITS_MS = [50, 100, 200, 400, 800];

/**
 * Sends an update again that the server gave back, since a workflow task failed before it took it: such as one that cancelled an activity
 * that ended meanwhile, and is done again at once. Where no worker gets on with the workflow it stays so, and that is thrown.
 */
export async function untilTaken<Answer>(send: () => Promise<Answer>): Promise<Answer> {
  for (const wait of WAITS_MS) {
    try {
      return await send();
    } catch (error) {
      if (statusOf(error) !== FAILED_PRECONDITION) throw error;
      await delay(wait);
    }
  }
  return send();
}
