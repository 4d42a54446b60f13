import assert from 'node:assert/strict';
import { type ErrorCode, ReveilleError } from '../../../domain/errors.ts';

/** The ReveilleError of `code` that `work` must end with. */
export async function rejectsAs(code: ErrorCode, work: Promise<unknown>): Promise<ReveilleError> {
  try {
    await work;
  } catch (error) {
    assert.ok(error instanceof ReveilleError, String(error));
    assert.equal(error.code, code, error.message);
    return error;
  }
  return assert.fail(`should have ended as ${code}`);
}
