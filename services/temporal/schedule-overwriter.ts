import { type Client, type CompiledScheduleUpdateOptions, ScheduleClient } from '@temporalio/client';

/**
 * Updates a schedule without reading it first: the SDK's own `update` describes it before, which costs the server as much
 * again, and whoever writes all of it needs nothing of what was.
 */
export class ScheduleOverwriter extends ScheduleClient {
  constructor({ connection, options }: Client) {
    const { namespace, identity, dataConverter } = options;
    super({ connection, namespace, identity, ...(dataConverter && { dataConverter }) });
  }

  /** @throws ScheduleNotFoundError */
  async overwrite(scheduleId: string, options: CompiledScheduleUpdateOptions): Promise<void> {
    await this._updateSchedule(scheduleId, options, {});
  }
}
