import { evaluate } from '../../domain/customers/evaluation.ts';
import { type Score, scoreCustomer } from '../../domain/customers/health-score.ts';
import type { ScorableCustomer, Store } from '../../domain/ports/store.ts';
import type { OperationHandlers } from '../api/routes.ts';
import type { OperationDependencies } from './dependencies.ts';

const READ_AT_ONCE = 2_000;

type CustomerOperations = Pick<OperationHandlers, 'importCustomers' | 'scoreCustomers' | 'evaluateCustomers'>;

/** Importing, scoring and evaluating the customers in the store. */
export function customerOperations({ store }: OperationDependencies): CustomerOperations {
  return {
    importCustomers: ({ workspace }, { merge, ...data }) => store.customers.import(workspace, data, { merge }),

    async scoreCustomers({ workspace }, { asOf }) {
      const scores: Score[] = [];
      for await (const [, score] of scored(store, workspace, asOf)) scores.push(score);
      return scores;
    },

    async evaluateCustomers({ workspace }, { asOf, threshold }) {
      const outcomes: { health: number; churnRisk: number; isChurn: boolean | null }[] = [];
      for await (const [customer, { health, churnRisk }] of scored(store, workspace, asOf)) {
        outcomes.push({ health, churnRisk, isChurn: customer.label?.isChurn ?? null });
      }
      return evaluate(outcomes, threshold);
    },
  };
}

async function* scored(
  store: Store,
  workspace: string,
  asOf: string | undefined,
): AsyncGenerator<[ScorableCustomer, Score]> {
  const now = asOf === undefined ? Date.now() : Date.parse(asOf);
  for (let after: number | null = -1; after !== null;) {
    const page: Awaited<ReturnType<Store['customers']['page']>> = await store.customers.page(workspace, {
      after,
      limit: READ_AT_ONCE,
    });
    for (const customer of page.customers) yield [customer, scoreCustomer(customer, customer, now)];
    after = page.next;
  }
}
