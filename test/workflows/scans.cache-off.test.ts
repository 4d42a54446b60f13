import { scansChoose } from './suite/scans-choose.ts';
import { scansLive } from './suite/scans-live.ts';

scansChoose('Without a workflow cache, a customer scan chooses', { maxCachedWorkflows: 0 });
scansLive('Without a workflow cache, a customer scan at work', { maxCachedWorkflows: 0 });
