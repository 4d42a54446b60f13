import { invalidInput } from '../errors.ts';
import { offsetAt } from './transitions.ts';

/** @throws ReveilleError `invalid_input` at `timezone` */
export function parseZone(name: string): string {
  try {
    offsetAt(name, 0);
    return name;
  } catch {
    throw invalidInput([{ path: 'timezone', message: `${name} is not a time zone; use a name such as Asia/Kolkata` }]);
  }
}
