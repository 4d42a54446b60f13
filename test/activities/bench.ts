import { MockActivityEnvironment } from '@temporalio/testing';
import { DefaultLogger } from '@temporalio/worker';
import { type Activities, type ActivityDependencies, createActivities } from '../../activities/index.ts';
import { openStore } from '../../services/store/open-store.ts';
import { activityDependencies } from '../support/activity-dependencies.ts';
import { temporaryFolder } from '../support/service.ts';
import { cacheDir } from '../support/temporal.ts';

/** Activities on a store of their own, without Temporal. */
export interface ActivityBench {
  dependencies: ActivityDependencies;
  dataDir: string;
  activities: Activities;
  /** Runs one activity as a worker would; `heartbeats` counts what it sent. */
  run<Name extends keyof Activities>(
    name: Name,
    input: Parameters<Activities[Name]>[0],
  ): Promise<{ result: Awaited<ReturnType<Activities[Name]>>; heartbeats: number }>;
  close(): Promise<void>;
}

/** @param replaced what stands in for a dependency */
export async function openBench(replaced: Partial<ActivityDependencies> = {}): Promise<ActivityBench> {
  const folder = temporaryFolder();
  const store = await openStore({ dataDir: folder.path, cacheDir: cacheDir() });
  const dependencies: ActivityDependencies = { ...activityDependencies(store, folder.path), ...replaced };
  const activities = createActivities(dependencies);
  return {
    dependencies,
    dataDir: folder.path,
    activities,
    async run(name, input) {
      const environment = new MockActivityEnvironment({ attempt: 1 }, { logger: new DefaultLogger('ERROR', () => {}) });
      let heartbeats = 0;
      environment.on('heartbeat', () => (heartbeats += 1));
      const activity = activities[name] as (given: never) => Promise<unknown>;
      const result = await environment.run((given: unknown) => activity(given as never), input as unknown);
      return { result: result as Awaited<ReturnType<Activities[typeof name]>>, heartbeats };
    },
    async close() {
      await store.close();
      folder.remove();
    },
  };
}
