import { after } from 'node:test';
import { timeSkippingEnv } from '../support/temporal.ts';
import { CACHE_OFF } from './suite/desk.ts';
import { sendingTimes } from './suite/sending-times.ts';
import { sending } from './suite/sending.ts';

const skipping = await timeSkippingEnv();
after(() => skipping.env?.teardown());

sending('Without a workflow cache, an intervention and the sending of its message', CACHE_OFF);
sendingTimes('Without a workflow cache, an intervention and the time of its message', skipping, CACHE_OFF);
