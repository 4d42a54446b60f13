import { after } from 'node:test';
import { timeSkippingEnv } from '../support/temporal.ts';
import { contactTime } from './suite/contact-time.ts';

const skipping = await timeSkippingEnv();
after(() => skipping.env?.teardown());

contactTime('A contact, days and nights', skipping);
