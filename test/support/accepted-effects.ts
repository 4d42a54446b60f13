import { appendFileSync, existsSync, readFileSync } from 'node:fs';

/** What a stub service did for somebody: the truth that everything else is checked against. */
export interface AcceptedEffect {
  service: string;
  /** Idempotency key, or the Message-ID of a mail; null where the service knows none. */
  key: string | null;
  to: string;
  text: string;
  /** What it did, where a service keeps things; absent where it only takes messages. */
  did?: 'created' | 'moved' | 'deleted';
}

/** A file of the effects that a stub accepted, a line each. It outlives the process that caused them. */
export class AcceptedEffects {
  readonly file: string;

  constructor(file: string) {
    this.file = file;
  }

  add(effect: AcceptedEffect): void {
    appendFileSync(this.file, `${JSON.stringify(effect)}\n`);
  }

  all(): AcceptedEffect[] {
    if (!existsSync(this.file)) return [];
    const lines = readFileSync(this.file, 'utf8').split('\n').filter(Boolean);
    return lines.map((line) => JSON.parse(line) as AcceptedEffect);
  }
}
