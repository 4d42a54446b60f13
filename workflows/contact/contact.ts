import {
  ActivityFailure,
  allHandlersFinished,
  condition,
  continueAsNew,
  patched,
  setCurrentDetails,
  workflowInfo,
} from '@temporalio/workflow';
import type { Delivery } from '../../activities/delivery.ts';
import type { DueFollowUp, Unsent } from '../../activities/follow-ups.ts';
import { contactInput } from '../../domain/contracts/contacts.ts';
import { whatIsDue } from '../../domain/follow-ups/due.ts';
import { modelled, quick, sending, sendingHere } from '../activity-profiles.ts';
import { parseInput } from '../input.ts';
import { isLabelled, labelWorkflow } from '../search-attributes.ts';
import { Agenda } from './agenda.ts';
import { answerMessages } from './messages.ts';

/** It continues as new from so many events on: well before its history is long. */
const FULL = 400;
/** What it was for runs that began before. */
const FULL_BEFORE = 1_000;
/** When a follow-up is tried again whose sending failed for a whole day of attempts, in milliseconds. */
const AGAIN_MS = 60_000;

/**
 * One person: whatever concerns them goes through here one after the other, so that a reply and a message to them cannot cross. It
 * sleeps until a follow-up is due and has it sent. Its memory is the store: it completes when nothing is to come and is opened again
 * by the next message.
 */
export async function contact(...args: unknown[]): Promise<void> {
  const input = parseInput(contactInput, args);
  const { workspace, contactId } = input;
  const agenda = new Agenda();
  const now = (): string => new Date().toISOString();
  const isFull = (): boolean => {
    const { historyLength, continueAsNewSuggested } = workflowInfo();
    return historyLength >= FULL_BEFORE || continueAsNewSuggested || (historyLength >= FULL && patched('full-at-400'));
  };
  // Before anything is awaited: an update may have come with the start.
  const { inTurn, signals, carryOut } = answerMessages(agenda, input);
  let carrying = false;

  function show(): void {
    const next = agenda.soonest();
    const words = next === null ? 'nothing is to come' : `${agenda.entries().length} to come, the next at ${next}`;
    setCurrentDetails(`**${contactId}**: ${words}`);
  }

  /** Sends it, within this task where `here` is told and there is room; one without a text has it written first. */
  async function deliver(due: DueFollowUp, here: boolean): Promise<Delivery | Unsent> {
    const first = await (here ? sendingHere.deliverFollowUpHere(due) : sending.deliverFollowUp(due));
    if (first.outcome === 'unwritten') await modelled.writeFollowUp({ ...due, at: now() });
    else if (first.outcome !== 'crowded') return first;
    return sending.deliverFollowUp({ ...due, at: now() });
  }

  /** Sends the message of one that is due, or notes when to try again. */
  async function send(followUpId: string, here: boolean): Promise<void> {
    const due = { workspace, contactId, followUpId, at: now() };
    agenda.sending = followUpId;
    try {
      const delivery = await deliver(due, here);
      // Cancelled meanwhile, it is not on the agenda any more and stays away.
      if (delivery.outcome !== 'later' || delivery.at === null) agenda.drop(followUpId);
      else if (agenda.has(followUpId)) agenda.put(followUpId, delivery.at);
    } catch (error) {
      if (!(error instanceof ActivityFailure)) throw error;
      agenda.put(followUpId, new Date(Date.now() + AGAIN_MS).toISOString());
    } finally {
      agenda.sending = null;
    }
  }

  /** Waits for the next one, or until there is something else to do. @returns whether its time has come */
  async function sleep(milliseconds: number): Promise<boolean> {
    const next = agenda.soonest();
    const isOtherwise = (): boolean => agenda.unread || agenda.soonest() !== next || isFull();
    // The timer starts when this task ends, by which time what its activities took has passed.
    const passed = Math.max(0, Date.parse(agenda.told) - Date.now());
    return !(await condition(isOtherwise, Math.max(1, milliseconds - passed), {
      summary: `Until the next follow-up, at ${next}`,
    }));
  }

  /** Carries out what signals ask for, also while a message is being sent. */
  async function followSignals(): Promise<never> {
    for (;;) {
      await condition(() => signals.replies.length > 0 || signals.cancellation !== null);
      carrying = true;
      await carryOut();
      carrying = false;
    }
  }

  const isQuiet = (): boolean =>
    allHandlersFinished() && !carrying && signals.replies.length === 0 && signals.cancellation === null;

  /** Until nothing is to come, or the history is full. @returns whether nothing is to come */
  async function keepAgenda(): Promise<boolean> {
    let byTimer = false;
    while (!isFull()) {
      if (agenda.unread) await inTurn(async () => agenda.read(await quick.readAgenda({ ...input, at: now() })));
      show();
      const { due, nextInMs } = whatIsDue(agenda.entries(), now());
      // Where somebody waits for an answer of this very task, sending within it would hold that up.
      if (due[0]) await send(due[0].followUpId, byTimer && allHandlersFinished());
      else if (nextInMs !== null) byTimer = await sleep(nextInMs);
      else if (isQuiet()) return true;
      else await condition(() => isQuiet() || agenda.soonest() !== null || agenda.unread);
    }
    await condition(isQuiet);
    return false;
  }

  if (!isLabelled('ContactId')) labelWorkflow({ Workspace: workspace, ContactId: contactId });
  if (await Promise.race([keepAgenda(), followSignals()])) return;
  await continueAsNew<typeof contact>(input);
}
