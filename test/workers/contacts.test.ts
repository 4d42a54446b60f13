import assert from 'node:assert/strict';
import { test } from 'node:test';
import { CancelledFailure } from '@temporalio/activity';
import { MockActivityEnvironment } from '@temporalio/testing';
import type { ContactService } from '../../domain/ports/contact-service.ts';
import { contactsOfActivities } from '../../workers/contacts.ts';

const CONTACT = { workspace: 'default', contactId: 'P1' };

test('a worker that stops gives up an answer of a contact that nobody is left to give', async () => {
  const silent = contactsOfActivities({ update: () => new Promise(() => {}), wake: async () => {} });
  const activity = new MockActivityEnvironment();
  const asked = activity.run(() => silent.update(CONTACT, 'optOut', {}));
  activity.cancel();
  await assert.rejects(asked, CancelledFailure);
});

test('what contacts answer and refuse otherwise comes through', async () => {
  const asked: unknown[] = [];
  const update = (async (...given: unknown[]) => {
    asked.push(given);
    if (given[1] === 'optIn') throw new Error('refused');
    return { marketing: false, optOuts: [] };
  }) as ContactService['update'];
  const contacts = contactsOfActivities({ update, wake: async (contact) => void asked.push(contact) });
  await new MockActivityEnvironment().run(async () => {
    assert.deepEqual(await contacts.update(CONTACT, 'optOut', {}, 'u1'), { marketing: false, optOuts: [] });
    await assert.rejects(contacts.update(CONTACT, 'optIn', {}), /refused/);
    await contacts.wake(CONTACT);
  });
  assert.deepEqual(asked, [[CONTACT, 'optOut', {}, 'u1'], [CONTACT, 'optIn', {}], CONTACT]);
});
