import { z } from 'zod';
import { customerData } from '../../../domain/contracts/customer-data.ts';
import { evaluation } from '../../../domain/contracts/evaluation.ts';
import { score } from '../../../domain/contracts/scores.ts';
import { type Route, at, byId, list, page, route } from './route.ts';

export const customerRoutes = {
  importCustomers: route(
    'PUT',
    '/api/customers',
    'Replace or extend the customers of the workspace',
    customerData.extend({ merge: z.boolean().default(false) }),
    z.object({ customers: z.number().int() }),
    { bodyLimit: 512 * 1024 * 1024 },
  ),
  scoreCustomers: route('GET', '/api/customers/scores', 'Score every customer', z.strictObject(at), z.array(score)),
  evaluateCustomers: route(
    'GET',
    '/api/customers/evaluation',
    'How well churn risk tells who leaves',
    z.strictObject({ ...at, threshold: z.coerce.number().min(0).max(1).default(0.6) }),
    evaluation,
  ),

  listCustomers: route(
    'GET',
    '/api/customers',
    'Customers with their scores, in the order of their sheet',
    z.strictObject({ ...list, ...at }),
    page(score),
  ),
  getCustomer: route('GET', '/api/customers/:id', 'One customer with its score', byId.extend(at), score),
} as const satisfies Record<string, Route>;
