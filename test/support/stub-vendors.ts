import { join } from 'node:path';
import type { Channel } from '../../domain/contracts/interventions.ts';
import { AcceptedEffects } from './accepted-effects.ts';
import { StubHttpService } from './stub-http-service.ts';
import { StubMailServer } from './stub-mail-server.ts';
import { gatewayProtocol, telegramProtocol } from './stub-services.ts';

const BOT_TOKEN = '4711:a-token-of-a-bot-that-is-none';
const GATEWAY_KEY = `whsec_${Buffer.alloc(32, 'k').toString('base64')}`;

/** Channels of the stubs: mail, and services that know an idempotency key and that do not. */
export const STUB_CHANNELS = ['email', 'sms', 'telegram'] as const satisfies readonly Channel[];
export type StubChannel = (typeof STUB_CHANNELS)[number];

/** A mail server, a gateway for SMS and Telegram, with one file of all that they accepted. */
export interface StubVendors extends AsyncDisposable {
  mail: StubMailServer;
  sms: StubHttpService;
  telegram: StubHttpService;
  accepted: AcceptedEffects;
  /** What makes a process of ours send by them. */
  env: Record<string, string>;
}

export async function startVendors(folder: string): Promise<StubVendors> {
  const accepted = new AcceptedEffects(join(folder, 'accepted.jsonl'));
  await using started = new AsyncDisposableStack();
  const mail = started.use(await StubMailServer.start(accepted));
  const sms = started.use(await StubHttpService.start(gatewayProtocol([GATEWAY_KEY]), accepted));
  const telegram = started.use(await StubHttpService.start(telegramProtocol(BOT_TOKEN), accepted));
  const running = started.move();
  return {
    ...{ mail, sms, telegram, accepted },
    env: {
      REVEILLE_SMTP_HOST: '127.0.0.1',
      REVEILLE_SMTP_PORT: String(mail.port),
      REVEILLE_SMTP_SECURITY: 'none',
      REVEILLE_SMTP_FROM: 'Reveille <hello@example.com>',
      REVEILLE_TELEGRAM_BOT_TOKEN: BOT_TOKEN,
      REVEILLE_TELEGRAM_API_URL: telegram.url,
      REVEILLE_GATEWAY_SMS_URL: `${sms.url}/send`,
      REVEILLE_GATEWAY_KEYS: GATEWAY_KEY,
    },
    [Symbol.asyncDispose]: () => running.disposeAsync(),
  };
}
