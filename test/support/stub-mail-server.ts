import type { AddressInfo, Socket } from 'node:net';
import { buffer } from 'node:stream/consumers';
import PostalMime, { type Email } from 'postal-mime';
import { SMTPServer } from 'smtp-server';
import type { AcceptedEffects } from './accepted-effects.ts';

/** What the server does with a mail. */
export type MailBehaviour =
  | { kind: 'accept' }
  /** A reply of this code to that command. */
  | { kind: 'reply'; to: 'MAIL' | 'RCPT' | 'DATA'; code: number; text: string }
  /** Takes the connection and says nothing. */
  | { kind: 'silent' }
  /** After the content: no reply, the mail taken or not. */
  | { kind: 'hang' | 'cut'; accepts: boolean }
  /** Breaks off when it hears the recipient. */
  | { kind: 'cut-before-data' }
  /** After the content, the mail being taken: this instead of a reply. */
  | { kind: 'garbage' }
  | { kind: 'huge'; bytes: number }
  | { kind: 'drip'; everyMs: number }
  /** Takes its time, and then the mail. */
  | { kind: 'slow'; afterMs: number };

export interface MailServerOptions {
  port?: number;
  /** Who may send; without it everybody. */
  login?: { user: string; password: string };
  startTls?: boolean;
}

/** A real SMTP server that misbehaves as told. Behaviours come in order, one a connection; the last one stays. */
export class StubMailServer implements AsyncDisposable {
  readonly mails: Email[] = [];
  readonly effects: AcceptedEffects;
  connections = 0;
  #behaviours: MailBehaviour[] = [{ kind: 'accept' }];
  readonly #chosen = new Map<string, MailBehaviour>();
  readonly #sockets = new Set<Socket>();
  readonly #timers = new Set<NodeJS.Timeout>();
  readonly #server: SMTPServer;

  private constructor(effects: AcceptedEffects, options: MailServerOptions) {
    const login = options.login ?? null;
    this.effects = effects;
    this.#server = new SMTPServer({
      authOptional: login === null,
      closeTimeout: 100,
      // A client that asks for STARTTLS meets the library's own certificate, which nobody trusts.
      hideSTARTTLS: options.startTls !== true,
      logger: false,
      onAuth: ({ username, password }, _session, done) => {
        if (username === login?.user && password === login?.password) done(null, { user: username });
        else done(replying(535, 'Authentication credentials invalid'));
      },
      onConnect: ({ id }, done) => {
        this.connections += 1;
        const behaviour = (this.#behaviours.length > 1 ? this.#behaviours.shift() : this.#behaviours[0])!;
        this.#chosen.set(id, behaviour);
        if (behaviour.kind === 'slow') this.#later(behaviour.afterMs, () => done());
        else if (behaviour.kind !== 'silent') done();
      },
      onMailFrom: (_address, { id }, done) => done(this.#replyTo('MAIL', id)),
      onRcptTo: (_address, { id, remotePort }, done) => {
        if (this.#chosen.get(id)?.kind === 'cut-before-data') this.#socketOf(remotePort)?.destroy();
        else done(this.#replyTo('RCPT', id));
      },
      onData: (stream, { id, remotePort }, done) => {
        void buffer(stream).then(
          (content) => this.#receive(content, this.#chosen.get(id)!, this.#socketOf(remotePort), done),
          // Whoever sent it was killed on the way: what did not come whole is no mail.
          () => undefined,
        );
      },
    });
    this.#server.on('error', () => undefined);
    this.#server.server.on('connection', (socket: Socket) => {
      this.#sockets.add(socket);
      socket.on('close', () => this.#sockets.delete(socket));
      socket.on('error', () => undefined);
    });
  }

  static async start(effects: AcceptedEffects, options: MailServerOptions = {}): Promise<StubMailServer> {
    const stub = new StubMailServer(effects, options);
    await new Promise<void>((resolve) => void stub.#server.listen(options.port ?? 0, '127.0.0.1', resolve));
    return stub;
  }

  get port(): number {
    return (this.#server.server.address() as AddressInfo).port;
  }

  script(...behaviours: MailBehaviour[]): void {
    this.#behaviours = behaviours;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const timer of this.#timers) clearInterval(timer);
    for (const socket of this.#sockets) socket.destroy();
    await new Promise<void>((resolve) => this.#server.close(resolve));
  }

  async #receive(
    content: Buffer,
    behaviour: MailBehaviour,
    socket: Socket | undefined,
    done: (error?: Error | null, message?: string) => void,
  ): Promise<void> {
    const refusal = behaviour.kind === 'reply' && behaviour.to === 'DATA';
    const takes = 'accepts' in behaviour ? behaviour.accepts : !refusal;
    if (takes) await this.#accept(content);
    switch (behaviour.kind) {
      case 'hang':
        return;
      case 'cut':
        socket?.destroy();
        return;
      case 'garbage':
        socket?.write('HTTP/1.1 400 Bad Request\r\n\r\n');
        return;
      case 'huge':
        socket?.write(Buffer.alloc(behaviour.bytes, 'x'));
        return;
      case 'drip':
        this.#timers.add(setInterval(() => socket?.writable && socket.write('2'), behaviour.everyMs));
        return;
      case 'reply':
        done(behaviour.to === 'DATA' ? replying(behaviour.code, behaviour.text) : null);
        return;
      default:
        done(null, 'queued as 4711');
    }
  }

  async #accept(content: Buffer): Promise<void> {
    const mail = await PostalMime.parse(content);
    this.mails.push(mail);
    this.effects.add({
      service: 'mail',
      key: mail.messageId ?? null,
      to: mail.to?.[0]?.address ?? '',
      text: mail.text?.trimEnd() ?? '',
    });
  }

  #replyTo(command: 'MAIL' | 'RCPT', id: string): Error | null {
    const behaviour = this.#chosen.get(id);
    return behaviour?.kind === 'reply' && behaviour.to === command ? replying(behaviour.code, behaviour.text) : null;
  }

  #socketOf(remotePort: number): Socket | undefined {
    return [...this.#sockets].find((socket) => socket.remotePort === remotePort);
  }

  #later(afterMs: number, act: () => void): void {
    this.#timers.add(setTimeout(act, afterMs));
  }
}

function replying(code: number, text: string): Error {
  return Object.assign(new Error(text), { responseCode: code });
}
