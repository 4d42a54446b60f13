import type { Client } from '@temporalio/client';
import type { Store } from '../../../domain/ports/store.ts';
import { scheduleApplying } from './applying.ts';
import { scheduleCalls } from './calls.ts';
import { managedSchedules } from './managed.ts';

export interface ScheduleServiceDependencies {
  store: Store;
  client: Client;
  /** Schedules that fire more often than this are refused, in milliseconds. */
  minIntervalMs: number;
  /** How long one call to Temporal may take, in milliseconds. Default 10 s. */
  callMs?: number;
  now?: () => number;
}

const CALL_MS = 10_000;

/** What the parts of the service share. */
export function scheduleParts(dependencies: ScheduleServiceDependencies) {
  const { store, client, minIntervalMs, callMs = CALL_MS, now = Date.now } = dependencies;
  const calls = scheduleCalls(client, callMs, now);
  const applying = scheduleApplying(store, calls, now);
  return { store, calls, applying, ...managedSchedules(store, calls), minIntervalMs, now };
}

export type ScheduleParts = ReturnType<typeof scheduleParts>;
