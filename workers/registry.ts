import type { Activities, ActivityName } from '../activities/index.ts';
import { TASK_QUEUES } from '../domain/contracts/names.ts';
import { invalidInput } from '../domain/errors.ts';

interface Served {
  /** Whether workflows of this queue run here. */
  workflows: boolean;
  activities: readonly ActivityName[];
}

const AGENT_ACTIVITIES = ['analyseContext', 'findPattern', 'decideAction', 'writeMessage', 'writeFollowUp'] as const;

/** What a worker of each task queue serves. Local activities belong to the queue of their workflow. */
const QUEUES = {
  [TASK_QUEUES.main]: {
    workflows: true,
    activities: [
      ...(['beginScan', 'scorePage', 'previewInterventions', 'finishScan'] as const),
      ...(['openIntervention', 'settleDecision', 'editMessage', 'escalate', 'handOver', 'closeIntervention'] as const),
      ...(['askContact', 'sendIntervention'] as const),
      ...(['readAgenda', 'scheduleFollowUp', 'rescheduleFollowUp', 'cancelFollowUp', 'showFollowUp'] as const),
      ...([
        'cancelFollowUps',
        'recordReplies',
        'optOut',
        'optIn',
        'answerSendRequest',
        'deliverFollowUp',
        'deliverFollowUpHere',
      ] as const),
      ...([
        'holdBooking',
        'checkSlot',
        'confirmBooking',
        'beginMove',
        'endMove',
        'endBooking',
        'noteTroubles',
        'abandonErrands',
      ] as const),
      ...(['putEvent', 'removeEvent', 'createMeeting', 'moveMeeting', 'removeMeeting', 'tidyMeetings'] as const),
      ...(['sendBookingMail', 'putReminders', 'dropReminders'] as const),
      ...(['startRun', 'endRun', 'renewSchedules', 'dropOldRuns'] as const),
      // Without a model the agents are local activities, which run where their workflow does.
      ...AGENT_ACTIVITIES,
    ],
  },
  [TASK_QUEUES.agents]: {
    workflows: false,
    activities: AGENT_ACTIVITIES,
  },
} as const satisfies Record<string, Served>;

export type QueueName = keyof typeof QUEUES;

type Registered = (typeof QUEUES)[QueueName]['activities'][number];
/** Holds the table above to the activities there are: a name missing from it makes this line an error. */
export const EVERY_ACTIVITY_IS_SERVED: [ActivityName] extends [Registered] ? true : never = true;

/** Every queue there is; one worker process serves all by default. */
export const ALL_QUEUES = Object.keys(QUEUES) as QueueName[];

/** `names` as queues, all when there are none. @throws ReveilleError `invalid_input` naming the known ones */
export function parseQueues(names: readonly string[]): QueueName[] {
  if (names.length === 0) return ALL_QUEUES;
  const unknown = names.filter((name) => !Object.hasOwn(QUEUES, name));
  if (unknown.length > 0) {
    throw invalidInput(
      unknown.map((name) => ({ path: 'queues', message: `${name} is none of ${ALL_QUEUES.join(', ')}` })),
    );
  }
  return [...new Set(names as QueueName[])];
}

/** What a worker of `queue` runs, out of all `activities`. */
export function served(
  queue: QueueName,
  activities: Activities,
): { workflows: boolean; activities: Partial<Activities> } {
  const { workflows, activities: names }: Served = QUEUES[queue];
  return { workflows, activities: Object.fromEntries(names.map((name) => [name, activities[name]])) };
}
