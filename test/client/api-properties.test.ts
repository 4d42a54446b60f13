import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import fc from 'fast-check';
import type { OpenAPIV3_1 } from 'openapi-types';
import { problem } from '../../client/api/problem.ts';
import { type OperationName, routes } from '../../client/api/routes.ts';
import { type Answer, LEAKS, type StoreApi, request, startStoreApi } from '../support/api.ts';
import { valueOf } from '../support/schema-values.ts';
import { sampleCustomers } from '../support/service.ts';

type Operation = OpenAPIV3_1.OperationObject;

/** How long it looks for a request that breaks something. `npm run fuzz:api` looks longer, and with other eyes. */
const BUDGET_MS = 15_000;
/** The same calls each time, so that a failure is of the change at hand; TEST_SEED asks others. */
const SEED = Number(process.env['TEST_SEED'] ?? 20_261_121);

let service: StoreApi;
let document: OpenAPIV3_1.Document;
before(async () => {
  service = await startStoreApi();
  await service.store.customers.import('default', sampleCustomers(20), { merge: false });
  document = (await request(service.api, '/openapi.json')).body as OpenAPIV3_1.Document;
});
after(() => service?.stop());

interface Call {
  name: OperationName;
  path: string;
  method: string;
  parameters: Record<string, unknown>;
  body: unknown;
}

/** Calls of one operation, made from what the document says of it. */
function callsOf(path: string, method: string, operation: Operation): fc.Arbitrary<Call> {
  const named = (operation.parameters ?? []) as OpenAPIV3_1.ParameterObject[];
  const ofCall = named.filter((parameter) => parameter.in !== 'header');
  const parameters = fc.record(
    Object.fromEntries(ofCall.map((each) => [each.name, valueOf(each.schema as OpenAPIV3_1.SchemaObject)])),
    { requiredKeys: ofCall.filter((each) => each.required).map((each) => each.name) },
  );
  const content = (operation.requestBody as OpenAPIV3_1.RequestBodyObject | undefined)?.content['application/json'];
  const body = content ? valueOf(content.schema as OpenAPIV3_1.SchemaObject) : fc.constant(undefined);
  const name = operation.operationId as OperationName;
  return fc.record({ name: fc.constant(name), path: fc.constant(path), method: fc.constant(method), parameters, body });
}

async function send({ path, method, parameters, body }: Call): Promise<Answer> {
  const rest = { ...parameters };
  const encoded = (value: unknown): string =>
    encodeURIComponent((typeof value === 'string' ? value : JSON.stringify(value)).toWellFormed());
  const url = path.replace(/\{(\w+)\}/g, (_, name: string) => {
    const value = encoded(rest[name]);
    delete rest[name];
    return value || 'x';
  });
  const query = Object.entries(rest).map(([name, value]) => `${name}=${encoded(value)}`);
  return request(service.api, query.length > 0 ? `${url}?${query.join('&')}` : url, { method, body });
}

/** What the answer says in its own words: an id made at random may well spell a library's name. */
function withoutWords(detail: string, { parameters, body }: Call): string {
  const words: string[] = [];
  JSON.stringify([parameters, body], (_key, value: unknown) => {
    if (typeof value === 'string' && value !== '') words.push(value);
    return value;
  });
  return words.toSorted((a, b) => b.length - a.length).reduce((text, word) => text.replaceAll(word, '…'), detail);
}

test('whatever is asked, the answer is one that the document tells of', { timeout: 90_000 }, async (context) => {
  context.diagnostic(`seed ${SEED}: repeat with TEST_SEED=${SEED}`);
  const operations = Object.entries(document.paths ?? {}).flatMap(([path, item]) =>
    Object.entries(item ?? {}).map(([method, operation]) =>
      callsOf(path, method.toUpperCase(), operation as Operation),
    ),
  );
  const statuses = new Map<number, number>();
  const property = fc.asyncProperty(fc.oneof(...operations), async (call) => {
    const answer = await send(call);
    const { status, type, text, body } = answer;
    statuses.set(status, (statuses.get(status) ?? 0) + 1);
    // A path that names nothing leads elsewhere, such as `..`, which clients take away.
    const operation = document.paths?.[call.path]?.[call.method.toLowerCase() as 'get'];
    assert.ok(Object.keys(operation?.responses ?? {}).includes(String(status)), `${status}: ${text}`);
    if (status < 400) {
      assert.match(type ?? '', /^application\/json/);
      assert.deepEqual(body, routes[call.name].reply.parse(body));
      return;
    }
    assert.match(type ?? '', /^application\/problem\+json/);
    const told = problem.strict().parse(body);
    assert.doesNotMatch(withoutWords(told.detail, call), LEAKS);
    // There is no Temporal here, and that is said; nothing else may go wrong inside.
    if (status >= 500) assert.deepEqual([status, /npm start/.test(told.detail)], [503, true], text);
    if (status === 422) assert.ok(told.errors.length > 0, text);
  });
  await fc.assert(property, { seed: SEED, numRuns: 3_000, interruptAfterTimeLimit: BUDGET_MS, endOnFailure: true });
  context.diagnostic(`answers: ${JSON.stringify(Object.fromEntries(statuses))}`);
  for (const status of [200, 404, 422]) assert.ok((statuses.get(status) ?? 0) > 0, `nothing was answered ${status}`);
});
