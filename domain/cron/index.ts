export { type CronFields, parseCron } from './dialect.ts';
export { type Fire, fireAt, fires, localTime } from './fires.ts';
export { type CronTiming, type EveryTiming, type Timing, parseTiming } from './timing.ts';
export { type Transition, transitions } from './transitions.ts';
export { describeTiming } from './words.ts';
