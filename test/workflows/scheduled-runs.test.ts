import { scheduledRuns } from './suite/scheduled-runs.ts';

scheduledRuns('Runs that schedules start');
