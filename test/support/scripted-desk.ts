import { parseInput } from '../../client/api/input.ts';
import { type Caller, type OperationName, type Operations, routes } from '../../client/api/routes.ts';
import type { Booking } from '../../domain/contracts/bookings.ts';
import type { Slot } from '../../domain/contracts/slots.ts';
import { ReveilleError } from '../../domain/errors.ts';
import { parseSlotId, slotId } from '../../domain/slots/slot-ids.ts';

/** What was asked of the operations, in their words. */
export type Asked = [operation: OperationName, input: unknown];

const MINUTES_30 = 1_800_000;

/** Operations over a calendar in memory, `demo` in New York, that check their input as the real ones do. */
export class ScriptedDesk {
  readonly asked: Asked[] = [];
  readonly bookings: Booking[] = [];
  readonly slots: Slot[];
  readonly operations: Operations;
  /** What an operation throws the next time, in the place of doing its work. */
  readonly failures = new Map<OperationName, unknown>();

  constructor(starts: readonly string[] = ['2027-03-15T13:00:00.000Z', '2027-03-15T13:30:00.000Z']) {
    this.slots = starts.map((start) => slotAt(Date.parse(start)));
    const handlers = this.#handlers();
    const entries = Object.keys(handlers).map((name) => [
      name,
      async (_caller: Caller, given: unknown) => this.#carryOut(name as keyof typeof handlers, handlers, given),
    ]);
    this.operations = Object.fromEntries(entries) as Operations;
  }

  async #carryOut(
    name: OperationName,
    handlers: Partial<Record<OperationName, (input: never) => unknown>>,
    given: unknown,
  ): Promise<unknown> {
    const input = parseInput(routes[name], given);
    this.asked.push([name, input]);
    const failure = this.failures.get(name);
    this.failures.delete(name);
    if (failure !== undefined) throw failure;
    return routes[name].reply.parse(handlers[name]?.(input as never));
  }

  #handlers() {
    const { slots, bookings } = this;
    const found = (id: string): Booking => {
      const there = bookings.find(({ bookingId }) => bookingId === id);
      if (there === undefined) throw new ReveilleError('not_found', `There is no booking ${id}`);
      return there;
    };
    const stands = (id: string): boolean => bookings.some((each) => each.slotId === id && each.state === 'confirmed');
    const take = (id: string): { slotId: string; start: string; end: string } => {
      const asked = slots.find((slot) => slot.id === id);
      if (asked === undefined || stands(id)) {
        const errors = [{ path: 'slotId', message: 'is taken; ask for free slots and take another' }];
        throw new ReveilleError('conflict', `Slot ${id} is taken`, { errors });
      }
      return { slotId: id, start: asked.start, end: asked.end };
    };
    return {
      slotsMessage: ({ max }: { max: number }) => {
        const free = slots.filter(({ id }) => !stands(id)).slice(0, max);
        return { message: `${free.length} times are free`, slots: free };
      },
      listBookings: (filter: { slotId?: string }) => ({
        items: bookings.filter((each) => filter.slotId === undefined || each.slotId === filter.slotId),
        nextCursor: null,
      }),
      createBooking: ({ slotId: id, invitee, topic, contactId }: Booking) => {
        const made: Booking = {
          ...take(id),
          ...{ bookingId: `B${bookings.length + 1}`, calendar: 'demo', timezone: 'America/New_York', invitee, topic },
          ...{ contactId: contactId ?? 'I1', state: 'confirmed', stateReason: null, joinUrl: null, sequence: 0 },
        };
        bookings.push(made);
        return made;
      },
      rescheduleBooking: ({ id, slotId: to }: { id: string; slotId: string }) => Object.assign(found(id), take(to)),
      cancelBooking: ({ id, reason }: { id: string; reason: string }) =>
        Object.assign(found(id), { state: 'cancelled', stateReason: reason }),
      scheduleFollowUp: ({ id, type, payload }: { id: string; type: string; payload: object }) => ({
        ...{ followUpId: 'F1', contactId: id, type, payload, scheduledFor: '2027-03-15T13:00:00.000Z' },
        ...{ state: 'pending', reason: null, actor: 'agent', executedAt: null, latenessMs: null },
      }),
      cancelContactFollowUps: () => ({ cancelled: 2 }),
    };
  }
}

function slotAt(start: number): Slot {
  const id = slotId('demo', start);
  const instants = { start: new Date(start).toISOString(), end: new Date(start + MINUTES_30).toISOString() };
  const local = `${new Date(start - 4 * 3_600_000).toISOString().slice(0, 19)}-04:00`;
  return { id, calendar: parseSlotId(id)?.calendar ?? '', ...instants, local, available: true, source: 'generated' };
}
