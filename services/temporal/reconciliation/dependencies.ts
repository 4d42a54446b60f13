import type { RemovedSchedule, ScheduleRow } from '../../../domain/ports/schedule-store.ts';
import type { Store } from '../../../domain/ports/store.ts';
import type { Logger } from '../../logging.ts';
import type { TemporalView } from './temporal-view.ts';

/** What of the schedule service reconciliation calls. */
export interface SchedulesOnTemporal {
  apply(row: ScheduleRow): Promise<unknown>;
  applyRemoved(removed: RemovedSchedule): Promise<unknown>;
  /** Has Temporal start the run of one instant, paused or not. */
  startInstant(row: ScheduleRow, instant: string): Promise<unknown>;
}

/** What each part of a reconciliation works on. */
export interface Reconciling {
  store: Store;
  temporal: TemporalView;
  schedules: SchedulesOnTemporal;
  logger: Logger;
  /** Epoch milliseconds. */
  now: () => number;
}

/** How much is asked of Temporal at a time. */
export const AT_ONCE = 10;

/** An instant as it is stored. */
export const iso = (at: number): string => new Date(at).toISOString();
