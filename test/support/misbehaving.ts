import type { ServerResponse } from 'node:http';
import type { HttpBehaviour } from './stub-http-service.ts';

/** How a server fails that neither answers well nor late. */
type Misbehaviour = Exclude<HttpBehaviour, { kind: 'slow' | 'accept' }>;

/** Answers that no client should rely on, and what of them goes on until the server ends. */
export class Misbehaving {
  /** Bytes of huge answers that were taken from us. */
  bytesWritten = 0;
  readonly #timers = new Set<NodeJS.Timeout>();

  /** Does something later, unless the server has ended. */
  later(milliseconds: number, act: () => void): void {
    const timer = setTimeout(() => {
      this.#timers.delete(timer);
      act();
    }, milliseconds);
    this.#timers.add(timer);
  }

  end(): void {
    for (const timer of this.#timers) clearInterval(timer);
  }

  answer(behaviour: Misbehaviour, response: ServerResponse): void {
    switch (behaviour.kind) {
      case 'hang':
        return;
      case 'reset':
        response.socket?.resetAndDestroy();
        return;
      case 'status':
        response.writeHead(behaviour.status, { 'content-type': 'application/json', ...behaviour.headers });
        response.end(behaviour.body ?? '');
        return;
      case 'garbage':
        response.writeHead(200, { 'content-type': 'text/html' });
        response.end('<html>Welcome to nginx!</html>');
        return;
      case 'huge':
        return this.huge(response, behaviour.bytes);
      case 'drip':
        return this.drip(response, behaviour.everyMs);
    }
  }

  /** What `begins` like a good answer, then a byte now and then, for ever. */
  drip(response: ServerResponse, everyMs: number, begins = ''): void {
    response.writeHead(200, { 'content-type': 'application/json' });
    response.write(begins);
    const timer = setInterval(() => response.write(' '), everyMs);
    this.#timers.add(timer);
    response.on('close', () => clearInterval(timer));
  }

  /** What `begins` like a good answer, then so many bytes of `filling`. */
  huge(response: ServerResponse, bytes: number, begins = '', filling = ' '): void {
    const chunk = Buffer.alloc(64 * 1024, filling);
    response.on('error', () => undefined);
    response.writeHead(200, { 'content-type': 'application/json' });
    response.write(begins);
    const push = (): void => {
      while (this.bytesWritten < bytes && !response.destroyed) {
        this.bytesWritten += chunk.byteLength;
        if (!response.write(chunk)) {
          response.once('drain', push);
          return;
        }
      }
      response.end();
    };
    push();
  }
}
