import { CACHE_OFF } from './suite/desk.ts';
import { scansLive } from './suite/scans-live.ts';

scansLive('Without a workflow cache, a customer scan at work', CACHE_OFF);
