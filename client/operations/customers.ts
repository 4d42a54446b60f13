import { z } from 'zod';
import { evaluate } from '../../domain/customers/evaluation.ts';
import { type Score, scoreCustomer } from '../../domain/customers/health-score.ts';
import { decodeCursor, encodeCursor } from '../../services/cursor.ts';
import type { ScorableCustomer, Store } from '../../domain/ports/store.ts';
import type { OperationHandlers } from '../api/routes.ts';
import { type OperationDependencies, found } from './dependencies.ts';

const READ_AT_ONCE = 2_000;

type CustomerOperations = Pick<
  OperationHandlers,
  'importCustomers' | 'scoreCustomers' | 'evaluateCustomers' | 'listCustomers' | 'getCustomer'
>;

/** Importing, listing, scoring and evaluating the customers in the store. */
export function customerOperations({ store }: OperationDependencies): CustomerOperations {
  return {
    importCustomers: ({ workspace }, { merge, ...data }) => store.customers.import(workspace, data, { merge }),

    async scoreCustomers({ workspace }, { asOf }) {
      const scores: Score[] = [];
      for await (const [, score] of scored(store, workspace, asOf)) scores.push(score);
      return scores;
    },

    async listCustomers({ workspace }, { limit, cursor, asOf }) {
      const after = cursor === undefined ? -1 : decodeCursor(cursor, position)[1];
      const { customers, next } = await store.customers.page(workspace, { after, limit });
      const now = momentOf(asOf);
      const items = customers.map((customer) => scoreCustomer(customer, customer, now));
      return { items, nextCursor: next === null ? null : encodeCursor(['customers', next]) };
    },

    async getCustomer({ workspace }, { id, asOf }) {
      const customer = found(await store.customers.facts(workspace, id), 'customer', id);
      return scoreCustomer(customer, customer, momentOf(asOf));
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

const momentOf = (asOf: string | undefined): number => (asOf === undefined ? Date.now() : Date.parse(asOf));

/** Where a page ended: the list, and a row of its sheet. */
const position = z.tuple([z.literal('customers'), z.number().int().min(0).max(2_147_483_647)]);

async function* scored(
  store: Store,
  workspace: string,
  asOf: string | undefined,
): AsyncGenerator<[ScorableCustomer, Score]> {
  const now = momentOf(asOf);
  for (let after: number | null = -1; after !== null;) {
    const page: Awaited<ReturnType<Store['customers']['page']>> = await store.customers.page(workspace, {
      after,
      limit: READ_AT_ONCE,
    });
    for (const customer of page.customers) yield [customer, scoreCustomer(customer, customer, now)];
    after = page.next;
  }
}
