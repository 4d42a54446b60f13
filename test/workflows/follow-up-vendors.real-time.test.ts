import assert from 'node:assert/strict';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { DEFAULT_SEND_POLICY } from '../../domain/contacts/policy.ts';
import type { FollowUpRow } from '../../domain/ports/contact-store.ts';
import { readConfiguration } from '../../services/configuration.ts';
import { AcceptedEffects } from '../support/accepted-effects.ts';
import { type TestService, startTestStack, temporaryFolder } from '../support/service.ts';
import { type HttpBehaviour, StubHttpService } from '../support/stub-http-service.ts';
import { type MailBehaviour, StubMailServer } from '../support/stub-mail-server.ts';
import { gatewayProtocol } from '../support/stub-services.ts';
import { type ContactDesk, openContact } from './suite/contact-desk.ts';
import { until } from './suite/desk.ts';

const LIMIT = { timeout: 90_000 };
const KEY = `whsec_${Buffer.from('a key of a gateway that is long enough').toString('base64')}`;

const isOver = ({ state }: FollowUpRow): boolean => state !== 'pending' && state !== 'processing';

/** What becomes of follow-ups when those who deliver them are away, refuse, are slow, or lose the answer. */
describe('Follow-ups and the troubles of vendors', () => {
  const folder = temporaryFolder();
  let mail: StubMailServer;
  let gateway: StubHttpService;
  let service: TestService;
  before(async () => {
    mail = await StubMailServer.start(new AcceptedEffects(join(folder.path, 'mail.jsonl')));
    gateway = await StubHttpService.start(gatewayProtocol([KEY]), new AcceptedEffects(join(folder.path, 'sms.jsonl')));
    const env = {
      REVEILLE_SMTP_HOST: '127.0.0.1',
      REVEILLE_SMTP_PORT: String(mail.port),
      REVEILLE_SMTP_SECURITY: 'none',
      REVEILLE_SMTP_FROM: 'Reveille <hello@example.com>',
      REVEILLE_GATEWAY_SMS_URL: gateway.url,
      REVEILLE_GATEWAY_KEYS: KEY,
    };
    const { channels } = readConfiguration(env, folder.path);
    const sendPolicy = { ...DEFAULT_SEND_POLICY, quietHours: null };
    service = await startTestStack({ customers: null, configuration: { channels, sendPolicy } });
  });
  after(async () => {
    await service.stop();
    await mail[Symbol.asyncDispose]();
    await gateway[Symbol.asyncDispose]();
    folder.remove();
  });

  /** A follow-up by mail that is due at once, and what the mail server does with each connection. */
  async function mailed(...behaviours: MailBehaviour[]): Promise<ContactDesk> {
    mail.script(...behaviours);
    const desk = await openContact(service, { email: `p${Math.random().toString(36).slice(2)}@example.com` });
    await desk.schedule('by-mail', 50, { channel: 'email', purpose: 'service' });
    return desk;
  }

  async function texted(...behaviours: HttpBehaviour[]): Promise<ContactDesk> {
    gateway.script(...behaviours);
    const phone = `+1555${String(Math.random()).slice(2, 9)}`;
    const desk = await openContact(service, { phone });
    await desk.schedule('by-sms', 50, { channel: 'sms', purpose: 'service' });
    return desk;
  }

  const acceptedFor = async (desk: ContactDesk) => {
    const { email, phone } = await desk.contact();
    return [...mail.effects.all(), ...gateway.effects.all()].filter(({ to }) => to === email || to === phone);
  };

  const effectOf = async (desk: ContactDesk) => {
    const { items } = await service.store.effects.list(desk.workspace, { limit: 5 });
    assert.equal(items.length, 1);
    return items[0]!;
  };

  test('a mail server that does not take mail now is tried again until it does', LIMIT, async () => {
    const busy: MailBehaviour = { kind: 'reply', to: 'MAIL', code: 451, text: 'try later' };
    const desk = await mailed(busy, { kind: 'cut-before-data' }, { kind: 'accept' });
    const waiting = await desk.followUp('by-mail', ({ nextAt, scheduledFor }) => nextAt !== scheduledFor);
    assert.ok(['pending', 'processing', 'executed'].includes(waiting.state));
    const row = await desk.followUp('by-mail', isOver);
    assert.equal(row.state, 'executed');
    assert.equal((await acceptedFor(desk)).length, 1);
    assert.equal((await effectOf(desk)).attempts, 3);
  });

  test('while it waits for a mail server it can be cancelled, and then it is not sent', LIMIT, async () => {
    const desk = await mailed({ kind: 'reply', to: 'MAIL', code: 451, text: 'try later' });
    await desk.followUp('by-mail', ({ nextAt }) => Date.parse(nextAt) - Date.now() > 1_000);
    const cancelled = await desk.update('cancelFollowUp', { followUpId: 'by-mail', reason: 'bought' });
    assert.equal(cancelled.state, 'cancelled');
    mail.script({ kind: 'accept' });
    await desk.completed();
    assert.deepEqual(await acceptedFor(desk), []);
    assert.equal((await effectOf(desk)).state, 'cancelled');
  });

  test('a mail that is refused has failed, with the reason', LIMIT, async () => {
    const desk = await mailed({ kind: 'reply', to: 'RCPT', code: 550, text: '5.1.1 no such user' });
    const row = await desk.followUp('by-mail', isOver);
    assert.equal(row.state, 'failed');
    assert.match(row.reason ?? '', /refused the message \(550/);
    assert.deepEqual(await acceptedFor(desk), []);
  });

  test(
    'a mail cut off after its content goes to review, is not sent again, and a person settles it',
    LIMIT,
    async () => {
      const desk = await mailed({ kind: 'cut', accepts: true });
      const effect = await until(async () => {
        const found = (await service.store.effects.list(desk.workspace, { limit: 5, state: 'unknown' })).items[0];
        return found ?? null;
      });
      await desk.completed();
      assert.equal((await desk.followUp('by-mail')).state, 'processing');
      assert.equal((await acceptedFor(desk)).length, 1);
      // Whoever looks again finds it in review, and sends nothing.
      await desk.contacts.wake(desk);
      await desk.completed();
      assert.equal((await acceptedFor(desk)).length, 1);
      const { workspace } = desk;
      const caller = { workspace, actor: 'ravi' };
      await service.operations.resolveEffect(caller, { id: effect.effectId, as: 'done', note: 'She has it.' });
      assert.equal((await desk.followUp('by-mail')).state, 'executed');
    },
  );

  test('a mail server that takes longer than a lease lasts gets the mail once', LIMIT, async () => {
    const desk = await mailed({ kind: 'slow', afterMs: 18_000 });
    const row = await desk.followUp('by-mail', isOver);
    assert.equal(row.state, 'executed');
    assert.equal((await acceptedFor(desk)).length, 1);
    assert.equal((await effectOf(desk)).attempts, 1);
  });

  test(
    'a reply while a mail is slowly going out is answered, and what comes after it is cancelled',
    LIMIT,
    async () => {
      const desk = await mailed({ kind: 'slow', afterMs: 12_000 });
      await desk.schedule('later', '1h');
      await desk.followUp('by-mail', ({ state }) => state === 'processing');
      const noted = await desk.update('recordReply', { messageId: 'm', channel: 'email', actor: undefined });
      assert.equal(noted.cancelled, 1);
      assert.equal((await desk.followUp('later')).state, 'cancelled');
      const row = await desk.followUp('by-mail', isOver);
      assert.equal(row.state, 'executed', 'it was under way already, and that is said');
      assert.equal((await acceptedFor(desk)).length, 1);
    },
  );

  test('a gateway that asks for time gets it', LIMIT, async () => {
    const headers = { 'retry-after': '3' };
    const desk = await texted({ kind: 'status', status: 429, headers }, { kind: 'accept' });
    const waiting = await desk.followUp('by-sms', ({ nextAt, scheduledFor }) => nextAt !== scheduledFor);
    assert.ok(Date.parse(waiting.nextAt) - Date.parse(waiting.scheduledFor) >= 3_000);
    const row = await desk.followUp('by-sms', isOver);
    assert.equal(row.state, 'executed');
    assert.ok(Date.parse(row.executedAt!) >= Date.parse(waiting.nextAt), 'not before it was told to');
    assert.equal((await acceptedFor(desk)).length, 1);
  });

  test(
    '429 without a word, 5xx and a lost answer are tried again with the same key, and are one message',
    LIMIT,
    async () => {
      const desk = await texted(
        { kind: 'status', status: 429 },
        { kind: 'status', status: 502 },
        { kind: 'reset', accepts: true },
        { kind: 'accept' },
      );
      const row = await desk.followUp('by-sms', isOver);
      assert.equal(row.state, 'executed');
      const accepted = await acceptedFor(desk);
      assert.equal(accepted.length, 1);
      const effect = await effectOf(desk);
      assert.ok(effect.attempts >= 3, `${effect.attempts} attempts`);
    },
  );
});
