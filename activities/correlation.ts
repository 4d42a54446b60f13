import type { ActivityInterceptorsFactory } from '@temporalio/worker';
import { defaultPayloadConverter } from '@temporalio/common';
import { CORRELATION_HEADER } from '../domain/correlation.ts';
import type { Logger } from '../services/logging.ts';
import { originOf } from './failures.ts';

/** One log line an activity, with the correlation id that came with it from request or schedule fire. */
export function correlationInterceptor(logger: Logger): ActivityInterceptorsFactory {
  return ({ info }) => ({
    inbound: {
      async execute(input, next) {
        const header = input.headers[CORRELATION_HEADER];
        const correlationId = header ? defaultPayloadConverter.fromPayload<string>(header) : undefined;
        const { workflowId, runId } = info.workflowExecution ?? {};
        const { activityType, attempt } = info;
        const line = logger.child({ correlationId, workflowId, runId, activityType, attempt });
        const started = performance.now();
        try {
          const result = await next(input);
          line.debug({ elapsedMs: Math.round(performance.now() - started) }, 'Activity done');
          return result;
        } catch (error) {
          line.warn({ elapsedMs: Math.round(performance.now() - started), err: originOf(error) }, 'Activity failed');
          throw error;
        }
      },
    },
  });
}
