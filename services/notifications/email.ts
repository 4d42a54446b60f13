import type { Socket } from 'node:net';
import type { ConnectionOptions } from 'node:tls';
import SMTPConnection from 'nodemailer/lib/smtp-connection';
import { type DeliveryChannel, DeliveryError } from '../../domain/ports/channels.ts';
import { AddressRefused, type Dialler } from '../dialler.ts';
import { type ComposedMail, composeMail, type Sender } from './mail.ts';

export interface SmtpSettings {
  host: string;
  port: number;
  /** `tls` from the start, `starttls` or not at all, or in the clear. */
  security: 'tls' | 'starttls' | 'none';
  user: string | null;
  password: string | null;
  from: Sender;
}

interface Dependencies {
  dialler: Dialler;
  timeoutMs: number;
  /** Of a server whose certificate is not of a public authority. */
  tls?: ConnectionOptions;
}

/** Answers of a mail server are lines; more is an attack or another protocol. */
const MAX_REPLY_BYTES = 64 * 1024;
/** Replies about who we are, not about the message (RFC 4954, 6). */
const ABOUT_CREDENTIALS = new Set([454, 530, 534, 535, 538]);

/** Mail by SMTP, one connection a message. What was cut off after its content had begun to go out is unknown. */
export function createEmailChannel(settings: SmtpSettings, dependencies: Dependencies): DeliveryChannel {
  return {
    name: 'email',
    repeatable: false,
    addressOf: ({ email }) => email,
    async send(message, signal) {
      const mail = await composeMail(message, settings.from);
      const limit = AbortSignal.any([signal, AbortSignal.timeout(dependencies.timeoutMs)]);
      const socket = await open(settings, dependencies, limit);
      const response = await new MailExchange(socket, settings, dependencies).send(mail, message.to.address, limit);
      return { result: { messageId: mail.messageId, response } };
    },
  };
}

async function open(
  { host, port }: SmtpSettings,
  { dialler, timeoutMs }: Dependencies,
  signal: AbortSignal,
): Promise<Socket> {
  try {
    return await dialler.connect({ host, port, signal, timeoutMs: Math.min(timeoutMs, 10_000) });
  } catch (error) {
    if (error instanceof AddressRefused) {
      throw new DeliveryError('refused', "The mail server's address is not one that the server's configuration allows");
    }
    throw new DeliveryError('later', 'The mail server could not be reached');
  }
}

/** One message over one connection. */
class MailExchange {
  readonly #connection: SMTPConnection;
  readonly #settings: SmtpSettings;
  /** Fails whatever step is under way: the connection reports what happens between steps by an event. */
  readonly #broken = Promise.withResolvers<never>();

  constructor(socket: Socket, settings: SmtpSettings, { timeoutMs, tls }: Dependencies) {
    this.#settings = settings;
    this.#connection = new SMTPConnection({
      connection: socket,
      host: settings.host,
      port: settings.port,
      secure: settings.security === 'tls',
      requireTLS: settings.security === 'starttls',
      ignoreTLS: settings.security === 'none',
      connectionTimeout: timeoutMs,
      greetingTimeout: timeoutMs,
      socketTimeout: timeoutMs,
      socketCloseTimeout: 1_000,
      maxResponseSize: MAX_REPLY_BYTES,
      logger: false,
      ...(tls === undefined ? {} : { tls }),
    });
    this.#connection.on('error', (error: Error) => this.#broken.reject(error));
    this.#broken.promise.catch(() => undefined);
  }

  /** @returns the server's code and word for it */
  async send(mail: ComposedMail, to: string, signal: AbortSignal): Promise<string> {
    const content = mail.content();
    const stop = (): void => {
      this.#broken.reject(signal.reason as Error);
      this.#connection.close();
    };
    try {
      if (signal.aborted) stop();
      else signal.addEventListener('abort', stop, { once: true });
      await this.#step<void>((done) => this.#connection.connect((error) => done(error ?? null)));
      await this.#login();
      const envelope = { from: this.#settings.from.address, to: [to], size: mail.size };
      const info = await this.#step<{ response: string }>((done) => this.#connection.send(envelope, content, done));
      this.#connection.quit();
      return replyOf(info.response);
    } catch (error) {
      this.#connection.close();
      throw failureOf(error, content.started, signal.aborted);
    } finally {
      signal.removeEventListener('abort', stop);
      content.destroy();
    }
  }

  async #login(): Promise<void> {
    const { user, password } = this.#settings;
    if (user === null || password === null) return;
    await this.#step<unknown>((done) => this.#connection.login({ user, pass: password }, done));
  }

  #step<T>(act: (done: (error: Error | null, result?: T) => void) => void): Promise<T> {
    const { promise, resolve, reject } = Promise.withResolvers<T>();
    act((error, result) => (error ? reject(error) : resolve(result as T)));
    return Promise.race([promise, this.#broken.promise]);
  }
}

/** What the failure means, in our own words: a server's quote addresses. */
function failureOf(error: unknown, started: boolean, aborted: boolean): DeliveryError {
  const { responseCode, command, code, response } = error as {
    responseCode?: number;
    command?: string;
    code?: string;
    response?: string;
  };
  if (responseCode !== undefined && responseCode >= 400 && responseCode < 600) {
    const step = command !== undefined && /^(MAIL FROM|RCPT TO|DATA)$/.test(command) ? command : null;
    const final = responseCode >= 500 && step !== null && !ABOUT_CREDENTIALS.has(responseCode);
    const says = `The mail server ${final ? 'refused the message' : 'does not take the message now'}`;
    return new DeliveryError(
      final ? 'refused' : 'later',
      `${says} (${replyOf(response ?? '')}${step ? ` to ${step}` : ''})`,
    );
  }
  if (started) return new DeliveryError('unknown', 'The connection was lost after the mail had begun to go out');
  if (code === 'EMESSAGE') return new DeliveryError('refused', 'The mail is larger than the mail server takes');
  if (code === 'EENVELOPE') return new DeliveryError('refused', 'The mail server cannot take an address of this kind');
  if (aborted) return new DeliveryError('later', 'The mail server did not answer in time, or the sending was stopped');
  if (code === 'ETLS') return new DeliveryError('later', 'The mail server gave no connection that is secure');
  return new DeliveryError('later', 'The mail server broke off before the mail went out');
}

/** Code and enhanced code of a reply (RFC 3463), such as `550 5.1.1`. */
function replyOf(response: string): string {
  return /^\d{3}(?:[ -]\d\.\d{1,3}\.\d{1,3})?/.exec(response)?.[0].replace('-', ' ') ?? 'no code';
}
