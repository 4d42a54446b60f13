/** A meeting that people join from wherever they are. */
export interface Meeting {
  meetingId: string;
  joinUrl: string;
}

/** What a meeting is made from. */
export interface MeetingPlan {
  /** Stands in the meeting's agenda, and nowhere else: by it a meeting is found whose making was not answered. `[A-Za-z0-9_-]{1,64}` */
  marker: string;
  topic: string;
  /** ISO 8601. */
  start: string;
  durationMinutes: number;
  /** IANA zone in which the host reads the start. */
  timezone: string;
}

/** Why a meeting service did not do what was asked. */
export class MeetingError extends Error {
  override readonly name = 'MeetingError';
  /** `later`: it did not happen. `unknown`: it may have. `refused`: it will not, whatever is tried. */
  readonly outcome: 'later' | 'unknown' | 'refused';
  /** Not before so many milliseconds, where the other side said. */
  readonly retryAfterMs: number | null;

  constructor(
    outcome: MeetingError['outcome'],
    message: string,
    options: { retryAfterMs?: number | null; cause?: unknown } = {},
  ) {
    super(message, options.cause === undefined ? {} : { cause: options.cause });
    this.outcome = outcome;
    this.retryAfterMs = options.retryAfterMs ?? null;
  }
}

/** A service that holds meetings. It knows no idempotency key. Knows nothing of ledger or retries; methods throw MeetingError. */
export interface MeetingService {
  readonly name: 'zoom';
  create(plan: MeetingPlan, signal: AbortSignal): Promise<Meeting>;
  /** The host's meetings whose agenda holds the marker, oldest first. A list may lag behind by some time. */
  find(marker: string, start: string, signal: AbortSignal): Promise<Meeting[]>;
  /** Moves it; its link stays. @returns false when there is no such meeting any more */
  move(
    meetingId: string,
    to: Pick<MeetingPlan, 'start' | 'durationMinutes' | 'timezone'>,
    signal: AbortSignal,
  ): Promise<boolean>;
  /** Takes it away; one that is not there is gone already. */
  remove(meetingId: string, signal: AbortSignal): Promise<void>;
  /** Whether it answers and takes our credentials, in a sentence. Does not throw. */
  check(signal: AbortSignal): Promise<{ ok: boolean; detail: string }>;
}
