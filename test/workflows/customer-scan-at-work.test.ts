import { scansLive } from './suite/scans-live.ts';

scansLive('A customer scan at work');
