import { CancellationScope, condition, workflowInfo } from '@temporalio/workflow';
import type { Handed } from '../activities/hand-over.ts';
import type { InterventionState } from '../domain/contracts/interventions.ts';
import { asking, sending } from './activity-profiles.ts';
import type { Verdict } from './intervention-messages.ts';

/** So that a wait that is over before it began makes no busy loop. */
const SHORTEST_WAIT_MS = 1_000;

export interface HandingOver {
  workspace: string;
  interventionId: string;
  /** Of the text that was approved. */
  textHash: string | null;
  /** When its text was decided on or last changed: a reply since then makes it needless. ISO 8601. */
  plannedAt: string;
  /** Who called it off, once somebody has. */
  calledOff: () => Verdict | undefined;
  show: (state: InterventionState, words: string) => void;
}

/**
 * Hands a message to its contact: asks whether it may go, waits as often and as long as it is told to, and sends it. A
 * cancellation counts until the sending begins, and again while it waits.
 * @returns who called it off; null where the row already says what became of it
 */
export async function handToContact({ calledOff, show, ...message }: HandingOver): Promise<Verdict | null> {
  for (let round = 1; ; round += 1) {
    const told = calledOff() ?? (await ask(round));
    if ('actor' in told) return told;
    show(told.state, told.stateReason);
    if (told.until === null) return null;
    // One that is put off for ever would fill its history; its customer waits for a better one meanwhile.
    if (workflowInfo().continueAsNewSuggested) return givenUp(round);
    const wait = Math.max(SHORTEST_WAIT_MS, Date.parse(told.until) - Date.now());
    await condition(() => calledOff() !== undefined, wait, { summary: 'Until the message may go' });
  }

  /** One round: the question and, where the answer is yes, the sending. */
  async function ask(round: number): Promise<Verdict | Handed> {
    const answer = await asking.askContact({ ...message, round, at: new Date().toISOString() });
    if (answer !== 'now') return answer;
    // Once begun it is carried through: a cancellation that comes now is too late, and the row must say what was done.
    return (
      calledOff() ??
      CancellationScope.nonCancellable(() => sending.sendIntervention({ ...message, at: new Date().toISOString() }))
    );
  }
}

const givenUp = (rounds: number): Verdict => ({
  state: 'failed',
  reason: `Not sent: it was put off ${rounds} times`,
  actor: 'reveille',
});
