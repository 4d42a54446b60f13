import { condition, setCurrentDetails } from '@temporalio/workflow';
import type { HeldBooking } from '../../activities/bookings.ts';
import type { BookingInput, BookingState, BookingStatus, Errand } from '../../domain/contracts/bookings.ts';
import { quick } from '../activity-profiles.ts';
import { attempt } from './errands.ts';
import { Todo } from './todo.ts';

/** When it is looked whether a meeting came to light twice, after an answer was lost, in milliseconds. */
const TIDYING_MS = 20 * 60_000;
/** So many effects there may be between two moves, so that what is counted after a move was never counted before. */
const PER_MOVE = 1_000;
/** What is of no use any more when the meeting is over. */
const USELESS_AFTERWARDS = ['event', 'meeting', 'meeting-move', 'reminders', 'mail-confirmed', 'mail-changed'] as const;

/** What a booking has come to, and what is to be done for it. */
export class Course {
  readonly input: BookingInput;
  readonly status: BookingStatus;
  readonly todo: Todo;
  /** What the store has of it; there once the slot is held. */
  held: HeldBooking | null = null;
  /** Why it is cancelled. */
  cancelled: string | null = null;
  /** It failed, or was cancelled through Temporal: it ends as soon as it can. */
  isGivenUp = false;
  /** The troubles that its row has; null where that is not known. */
  #noted: string | null = '[]';

  constructor(input: BookingInput) {
    this.input = input;
    this.status = { bookingId: input.bookingId, state: 'held', doing: 'holding the slot', failure: null };
    this.todo = new Todo(input.revision, input.todo);
  }

  /** Takes up what the store has: a slot that was just held, or what an earlier run came to. */
  takeUp(held: HeldBooking): void {
    this.held = held;
    this.status.state = held.state;
    if (held.repairs.length > 0) this.#noted = null;
    this.todo.countFrom(held.sequence * PER_MOVE);
    if (held.state === 'held' || this.input.revision > 0) return;
    // That run was ended from outside, and how far it had counted is not known.
    this.todo.countFrom(Date.now());
    for (const errand of held.repairs as Errand[]) this.todo.add(errand, Date.now(), { again: true });
  }

  /** It is at another time now. An effect of a run that was reset is not taken for one of this. */
  moved(held: HeldBooking): void {
    this.held = held;
    this.todo.countFrom(held.sequence * PER_MOVE);
  }

  /** Which booking, and the workflow's time. */
  step() {
    const { workspace, bookingId } = this.input;
    return { workspace, bookingId, at: new Date().toISOString() };
  }

  show(doing: string): void {
    this.status.doing = doing;
    setCurrentDetails(`**${this.input.bookingId}**: ${this.status.state}, ${doing}`);
  }

  /** It stands, and nothing is done about it at the moment. */
  rest(): void {
    this.show('waiting for the meeting');
  }

  get isOver(): boolean {
    return this.status.state !== 'held' && this.status.state !== 'confirmed';
  }

  add(...errands: readonly Errand[]): void {
    for (const errand of errands) this.todo.add(errand, Date.now());
  }

  async end(state: Exclude<BookingState, 'held' | 'confirmed'>, reason: string | null): Promise<void> {
    this.status.state = await quick.endBooking({ ...this.step(), state, reason });
    this.show(reason ?? 'nothing more is to be done');
  }

  /** The time of the meeting has passed. */
  async complete(): Promise<void> {
    await this.end('completed', null);
    this.dropUseless();
  }

  dropUseless(): void {
    this.todo.drop(...USELESS_AFTERWARDS);
  }

  /** Tries an errand that is due. @returns whether there was one */
  async runErrand(): Promise<boolean> {
    if (this.todo.hasAbandoned) await quick.abandonErrands({ ...this.step(), errands: this.todo.takeAbandoned() });
    const due = this.todo.due(Date.now());
    if (due === null) return false;
    const { workspace, bookingId } = this.input;
    const tried = await attempt({ workspace, bookingId }, due, this.cancelled);
    this.todo.note(due, tried, Date.now());
    if (due.errand === 'meeting' && tried.outcome === 'done') this.#meetingMade(tried.result?.['uncertain'] === true);
    await this.#tellTroubles();
    return true;
  }

  /** Tries errands as they become due, until none of these is tried any more, or for so many milliseconds. */
  async runErrands(milliseconds: number, ...awaited: readonly Errand[]): Promise<void> {
    for (const until = Date.now() + milliseconds; Date.now() < until;) {
      if (await this.runErrand()) continue;
      const [next, seen] = [this.todo.next(), this.todo.changes];
      if (next === null || !awaited.some((errand) => this.todo.tries(errand))) return;
      await condition(() => this.todo.changes !== seen, Math.max(1, Math.min(next, until) - Date.now()), {
        summary: 'Until it is tried again',
      });
    }
  }

  #meetingMade(uncertain: boolean): void {
    const now = Date.now();
    // The event was made before there was a link, and so may the invitation have been.
    if (this.held?.calendar) this.add('event');
    if (this.status.state === 'confirmed' && !this.todo.has('mail-confirmed')) this.add('mail-changed');
    if (!uncertain) return;
    // One that was found may have been made for the time before.
    if (this.held !== null && this.held.sequence > 0) this.add('meeting-move');
    this.todo.add('meeting-tidying', now, { at: now + TIDYING_MS });
  }

  /** Tells people what could not be done yet. */
  async #tellTroubles(): Promise<void> {
    const troubles = this.todo.troubles(Date.now());
    const told = JSON.stringify(troubles.map(({ errand, isLong }) => [errand, isLong]));
    if (told === this.#noted) return;
    await quick.noteTroubles({ ...this.step(), troubles });
    this.#noted = told;
  }
}
