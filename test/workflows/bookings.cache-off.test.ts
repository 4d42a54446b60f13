import { after } from 'node:test';
import { timeSkippingEnv } from '../support/temporal.ts';
import { bookingEndings } from './suite/booking-endings.ts';
import { bookingTime } from './suite/booking-time.ts';
import { bookings } from './suite/bookings.ts';
import { CACHE_OFF } from './suite/desk.ts';

const skipping = await timeSkippingEnv();
after(() => skipping.env?.teardown());

bookings('Without a workflow cache, a booking and its messages', CACHE_OFF);
bookingEndings('Without a workflow cache, the ends of a booking', CACHE_OFF);
bookingTime('Without a workflow cache, a booking, hours and days', skipping, CACHE_OFF);
