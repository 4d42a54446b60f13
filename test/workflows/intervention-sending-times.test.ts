import { after } from 'node:test';
import { timeSkippingEnv } from '../support/temporal.ts';
import { sendingTimes } from './suite/sending-times.ts';

const skipping = await timeSkippingEnv();
after(() => skipping.env?.teardown());

sendingTimes('An intervention and the time of its message', skipping);
