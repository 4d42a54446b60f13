import { inParallel } from '../../../domain/in-parallel.ts';
import { AT_ONCE, type Reconciling } from './dependencies.ts';

/**
 * Does `work` for each item, some at a time. What goes wrong with one is logged with its `fields`, and the others are done.
 * @throws when Temporal or the store is away: then no more is begun
 */
export function eachForItself<Item>(
  { store, temporal, logger }: Pick<Reconciling, 'store' | 'temporal' | 'logger'>,
  items: readonly Item[],
  fields: (item: Item) => { workspace: string },
  work: (item: Item) => Promise<unknown>,
): Promise<void> {
  return inParallel(items, AT_ONCE, async (item) => {
    try {
      await work(item);
    } catch (error) {
      await Promise.all([temporal.probe(), store.ping()]);
      logger.error({ ...fields(item), err: error }, 'Could not be reconciled; it is tried again');
    }
  });
}
