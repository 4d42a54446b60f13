import { after } from 'node:test';
import { timeSkippingEnv } from '../support/temporal.ts';
import { CACHE_OFF } from './suite/desk.ts';
import { answers } from './suite/answers.ts';
import { deadlines } from './suite/deadlines.ts';
import { endings } from './suite/endings.ts';

const skipping = await timeSkippingEnv();
after(() => skipping.env?.teardown());

answers('Without a workflow cache, an intervention and its answers', CACHE_OFF);
endings('Without a workflow cache, an intervention and its ends', CACHE_OFF);
deadlines('Without a workflow cache, deadlines of an approval', skipping, CACHE_OFF);
