import { CACHE_OFF } from './suite/desk.ts';
import { scansChoose } from './suite/scans-choose.ts';

scansChoose('Without a workflow cache, a customer scan chooses', CACHE_OFF);
