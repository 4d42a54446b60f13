import { ReveilleError } from '../domain/errors.ts';

/** The refusal of what needs a running service where none is; `instead` names another way, where there is one. */
export const noService = (instead = ''): ReveilleError =>
  new ReveilleError('unavailable', `No service is running here. Start one with: npm start${instead}`);
