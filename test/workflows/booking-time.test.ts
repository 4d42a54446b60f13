import { after } from 'node:test';
import { timeSkippingEnv } from '../support/temporal.ts';
import { bookingTime } from './suite/booking-time.ts';

const skipping = await timeSkippingEnv();
after(() => skipping.env?.teardown());

bookingTime('A booking, hours and days', skipping);
