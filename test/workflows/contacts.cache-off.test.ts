import { after } from 'node:test';
import { timeSkippingEnv } from '../support/temporal.ts';
import { contactTime } from './suite/contact-time.ts';
import { contacts } from './suite/contacts.ts';
import { CACHE_OFF } from './suite/desk.ts';

const skipping = await timeSkippingEnv();
after(() => skipping.env?.teardown());

contacts('Without a workflow cache, a contact and its messages', CACHE_OFF);
contactTime('Without a workflow cache, a contact, days and nights', skipping, CACHE_OFF);
