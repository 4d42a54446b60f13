import { type ErrorCode, type FieldError, ReveilleError, invalidInput } from '../../domain/errors.ts';
import type { AgentTool } from './tool.ts';

/** What a tool answers where it could not do what was asked. */
export interface ToolError {
  error: {
    code: ErrorCode;
    message: string;
    /** Fields of the tool. */
    fields: FieldError[];
    /** What the model is to do next, in a sentence or several. */
    ask: string;
  };
}

type Named = Pick<AgentTool, 'renamed' | 'subject'>;

/** What to do about a field that is missing or wrong. */
const ABOUT_FIELD: Readonly<Record<string, string>> = {
  email: 'Ask the person for their email address',
  name: 'Ask the person for their name',
  topic: 'Ask the person in a few words what the meeting is about',
  slotId: 'Call get_availability again and offer the person other times',
  calendar: 'Call get_availability again without a calendar',
  timezone: 'Ask the person which city they are in, and give its IANA time zone, such as Asia/Kolkata',
  language: 'Leave language out, or give a code such as en or hi',
  bookingId:
    'Give the bookingId that book_meeting answered; without one, ask the person for the number of their booking',
  contactId: 'Give a contactId that you were told or that book_meeting answered, never a name or an address',
  reason: 'Ask the person for the reason, in a few words',
  when: 'Ask the person when they want to hear again, and give a delay such as 2h, or an instant with its zone',
  message: 'Write the message anew, without what is wrong with it',
};
const OTHERWISE = 'Correct these fields and call the tool again';

/** What to do about an error that is of no field. */
const ABOUT_CODE: Readonly<Record<ErrorCode, string>> = {
  invalid_input: OTHERWISE,
  unauthorized: 'Do not try again: tell the person that you may not do this',
  forbidden: 'Do not try again: tell the person that you may not do this',
  not_found: 'Tell the person that it could not be found, and ask them to check',
  conflict: 'Tell the person that it cannot be changed any more, and offer to make a new one',
  idempotency_mismatch: 'Call the tool again',
  too_large: 'Send less and call the tool again',
  unsupported_media_type: 'Do not try again: tell the person that this cannot be done',
  rate_limited: 'Wait a minute, then call the tool again',
  unavailable: 'Tell the person that this cannot be done at the moment, and try again in a few minutes',
  internal: 'Tell the person that this cannot be done at the moment, and try again in a few minutes',
};

/** Errors that asking the person for something else may mend. */
const MENDED = new Set<ErrorCode>(['invalid_input', 'not_found', 'conflict']);

/** An error in the words of a tool. Of what is not ours nothing is told: its words may be a driver's. */
export function toolError(tool: Named, error: unknown): ToolError {
  const known = error instanceof ReveilleError ? error : new ReveilleError('internal', 'Something went wrong inside');
  const { code } = known;
  const fields = known.errors.map(({ path, message }) => ({ path: fieldOf(tool, path), message }));
  if (code === 'not_found' && fields.length === 0) fields.push({ path: tool.subject, message: known.message });
  const message = code === 'invalid_input' && fields.length > 0 ? invalidInput(fields).message : known.message;
  return { error: { code, message, fields, ask: askOf(code, fields) } };
}

function fieldOf({ renamed }: Named, path: string): string {
  const theirs = Object.keys(renamed).find((each) => path === each || path.startsWith(`${each}.`));
  return theirs === undefined ? path : (renamed[theirs] ?? path);
}

function askOf(code: ErrorCode, fields: readonly FieldError[]): string {
  if (!MENDED.has(code) || fields.length === 0) return ABOUT_CODE[code];
  const sentences = fields.map(({ path }) => ABOUT_FIELD[path] ?? OTHERWISE);
  return [...new Set(sentences)].join('. ');
}
