import {
  type Client,
  type CompiledScheduleUpdateOptions,
  ScheduleClient,
  type WorkflowService,
} from '@temporalio/client';

type CreateRequest = Parameters<WorkflowService['createSchedule']>[0];
type UpdateRequest = Parameters<WorkflowService['updateSchedule']>[0];

/**
 * Writes schedules as the SDK does, and with each the data of its time zone, for which the SDK's `ScheduleSpec` has no
 * field.
 */
export class ScheduleWriter extends ScheduleClient {
  readonly #service: WorkflowService;

  /** @param zoneDataOf a time zone as a TZif file; null: what the server has under this name */
  constructor(client: Client, zoneDataOf: (timezone: string) => Uint8Array | null) {
    super(client.schedule.options);
    this.#service = withZoneData(super.workflowService, zoneDataOf);
  }

  override get workflowService(): WorkflowService {
    return this.#service;
  }

  /**
   * Updates a schedule without reading it first: the SDK's own `update` describes it before, which costs the server as
   * much again, and whoever writes all of it needs nothing of what was.
   * @throws ScheduleNotFoundError
   */
  async overwrite(scheduleId: string, options: CompiledScheduleUpdateOptions): Promise<void> {
    await this._updateSchedule(scheduleId, options, {});
  }
}

/** The service, with its two calls that send a spec made to send more of it. */
function withZoneData(service: WorkflowService, zoneDataOf: (timezone: string) => Uint8Array | null): WorkflowService {
  const complete = <Sent extends CreateRequest | UpdateRequest>(request: Sent): Sent => {
    const spec = request.schedule?.spec;
    const timezoneData = zoneDataOf(spec?.timezoneName ?? 'UTC');
    return { ...request, schedule: { ...request.schedule, spec: { ...spec, timezoneData } } };
  };
  return Object.create(service, {
    createSchedule: { value: (request: CreateRequest) => service.createSchedule(complete(request)) },
    updateSchedule: { value: (request: UpdateRequest) => service.updateSchedule(complete(request)) },
  }) as WorkflowService;
}
