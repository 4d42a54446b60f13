import { after } from 'node:test';
import { timeSkippingEnv } from '../support/temporal.ts';
import { deadlines } from './suite/deadlines.ts';

const skipping = await timeSkippingEnv();
after(() => skipping.env?.teardown());

deadlines('Deadlines of an approval', skipping);
