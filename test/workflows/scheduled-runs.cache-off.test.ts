import { CACHE_OFF } from './suite/desk.ts';
import { scheduledRuns } from './suite/scheduled-runs.ts';

scheduledRuns('Without a workflow cache, runs that schedules start', CACHE_OFF);
