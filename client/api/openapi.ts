import fastifySwagger from '@fastify/swagger';
import fastifySwaggerUi from '@fastify/swagger-ui';
import type { FastifyInstance, FastifySchema } from 'fastify';
import { createJsonSchemaTransform, createJsonSchemaTransformObject } from 'fastify-type-provider-zod';
import type { OpenAPIV3_1 } from 'openapi-types';
import { z } from 'zod';
import { contact } from '../../domain/contracts/contacts.ts';
import { effect } from '../../domain/contracts/effects.ts';
import { followUp } from '../../domain/contracts/follow-ups.ts';
import { escalation, intervention, outboxMessage } from '../../domain/contracts/interventions.ts';
import { slug } from '../../domain/contracts/names.ts';
import { run } from '../../domain/contracts/runs.ts';
import { scan } from '../../domain/contracts/scans.ts';
import { schedule, scheduleVersion } from '../../domain/contracts/schedules.ts';
import { score } from '../../domain/contracts/scores.ts';
import { token } from '../../domain/contracts/tokens.ts';
import { PROBLEM_TYPE } from './answer-errors.ts';
import { problem } from './problem.ts';
import { type OperationName, type Route, routes } from './routes.ts';
import { readsQuery } from './routes/route.ts';

/** Objects that the document names once and refers to. */
const NAMED = {
  Problem: problem,
  Scan: scan,
  Intervention: intervention,
  Escalation: escalation,
  OutboxMessage: outboxMessage,
  Contact: contact,
  FollowUp: followUp,
  Effect: effect,
  Schedule: schedule,
  ScheduleVersion: scheduleVersion,
  Run: run,
  Score: score,
  Token: token,
};

const REFUSALS = {
  400: 'The request cannot be read: not JSON, not UTF-8, a key twice',
  401: 'No token, or none that is known',
  403: 'The token lacks the scope, or is for another workspace',
  404: 'There is no such thing in this workspace',
  409: 'In conflict with the present state',
  413: 'Too large',
  415: 'Not application/json',
  422: 'The fields under `errors` are wrong; nothing was changed',
  429: 'Too many requests',
  500: 'A fault of ours',
  503: 'Temporal or the store is away',
} as const;

const WITHOUT_BODY = [400, 401, 403, 404, 422, 429, 500, 503] as const;
const WITH_BODY = [400, 401, 403, 404, 409, 413, 415, 422, 429, 500, 503] as const;

const DESCRIPTION = `Schedules, runs, scans, approvals, contacts and follow-ups of Reveille.

Send a token as \`Authorization: Bearer TOKEN\`; \`reveille tokens create\` makes one. A token for all workspaces names one in \`X-Workspace\`. Errors are \`application/problem+json\` (RFC 9457). A POST with an \`Idempotency-Key\` may be sent again: it is carried out once and answered the same. Lists are read in pages by \`limit\` and \`cursor\`. Events come by WebSocket from \`/api/events?workspace=…\`.`;

/** The OpenAPI 3.1 document at `/openapi.json`, made from the schemas of the routes, and pages for people at `/docs`. */
export async function describeApi(app: FastifyInstance, version: string): Promise<void> {
  const schemaRegistry = z.registry<{ id: string }>();
  for (const [id, schema] of Object.entries(NAMED)) schemaRegistry.add(schema, { id });
  const named = createJsonSchemaTransformObject({ schemaRegistry, zodToJsonConfig });
  await app.register(fastifySwagger, {
    openapi: {
      openapi: '3.1.0',
      info: {
        title: 'Reveille',
        version,
        description: DESCRIPTION,
        license: { name: 'Apache-2.0', identifier: 'Apache-2.0' },
      },
      components: { securitySchemes: { token: { type: 'http', scheme: 'bearer' } } },
      security: [{ token: [] }],
    },
    transform: createJsonSchemaTransform({ schemaRegistry, zodToJsonConfig }),
    transformObject: (document) => tidied(named(document) as Document),
  });
  await app.register(fastifySwaggerUi, {
    routePrefix: '/docs',
    uiConfig: { validatorUrl: null, displayRequestDuration: true, docExpansion: 'list', tagsSorter: 'alpha' },
    theme: {
      title: 'Reveille API',
      css: [{ filename: 'reveille.css', content: '.swagger-ui .topbar { display: none; }' }],
    },
  });
  app.get('/openapi.json', { schema: { hide: true } as FastifySchema }, async () => app.swagger());
}

/** What a reader gains nothing by: the bounds of every whole number, and a pattern beside a format that says the same. */
const zodToJsonConfig = {
  override({ jsonSchema }: { jsonSchema: Record<string, unknown> }): void {
    if (jsonSchema['format'] === 'date-time') delete jsonSchema['pattern'];
    if (jsonSchema['minimum'] === Number.MIN_SAFE_INTEGER) delete jsonSchema['minimum'];
    if (jsonSchema['maximum'] === Number.MAX_SAFE_INTEGER) delete jsonSchema['maximum'];
  },
};

type Document = OpenAPIV3_1.Document;

/** Without the objects' input forms, which nothing refers to, and with bodies that may be absent said to be so. */
function tidied(document: Document): Document {
  const { schemas = {} } = document.components ?? {};
  for (const id of Object.keys(NAMED)) delete schemas[`${id}Input`];
  for (const item of Object.values(document.paths ?? {})) {
    for (const method of ['post', 'put', 'patch'] as const) {
      const body = item?.[method]?.requestBody as OpenAPIV3_1.RequestBodyObject | undefined;
      const schema = body?.content['application/json']?.schema as OpenAPIV3_1.SchemaObject | undefined;
      if (body) body.required = (schema?.required ?? []).length > 0;
    }
  }
  return document;
}

type Part = 'params' | 'querystring' | 'body';

/** A route's one input as what the path names and the query or the body beside it. */
function partsOf({ method, path, input }: Route): Partial<Record<Part, z.ZodType>> {
  const { shape } = input as z.ZodObject;
  const names = [...path.matchAll(/:(\w+)/g)].map(([, name]) => name as string);
  const rest = Object.entries(shape).filter(([name]) => !names.includes(name));
  const beside = names.length === 0 ? input : z.strictObject(Object.fromEntries(rest));
  return {
    ...(names.length > 0 && { params: z.strictObject(Object.fromEntries(names.map((name) => [name, shape[name]!]))) }),
    ...(rest.length > 0 && { [readsQuery(method) ? 'querystring' : 'body']: beside }),
  };
}

const workspaceHeader = { 'x-workspace': slug.optional().describe('Needed with a token for all workspaces') };
const keyHeader = {
  'idempotency-key': z
    .string()
    .regex(/^[\x21-\x7e]{1,200}$/)
    .optional()
    .describe('Makes the request safe to send again for 24 hours'),
};

/** What the document says of an operation. Nothing is checked by it: the operation checks its input as a whole. */
export function schemaOf(name: OperationName): FastifySchema {
  const route: Route = routes[name];
  const { method, path, status, summary, scope, reply } = route;
  const parts = partsOf(route);
  const refusals = method === 'GET' ? WITHOUT_BODY : WITH_BODY;
  const answers = Object.fromEntries(
    refusals.map((code) => [code, { description: REFUSALS[code], content: { [PROBLEM_TYPE]: { schema: problem } } }]),
  );
  return {
    operationId: name,
    summary,
    description: `Scope: \`${scope}\`.`,
    tags: [path.split('/')[2] ?? 'other'],
    headers: z.object({ ...workspaceHeader, ...(method === 'POST' && keyHeader) }),
    ...parts,
    response: { [status]: { description: 'Done', content: { 'application/json': { schema: reply } } }, ...answers },
  } as FastifySchema;
}
