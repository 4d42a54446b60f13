import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { Validator } from '@seriousme/openapi-schema-validator';
import type { OpenAPIV3_1 } from 'openapi-types';
import { type OperationName, routes } from '../../client/api/routes.ts';
import { ERROR_CATALOGUE } from '../../domain/errors.ts';
import { type StoreApi, request, startStoreApi } from '../support/api.ts';

type Operation = OpenAPIV3_1.OperationObject;

let service: StoreApi;
let document: OpenAPIV3_1.Document;
before(async () => {
  service = await startStoreApi();
  document = (await request(service.api, '/openapi.json', { token: null })).body as OpenAPIV3_1.Document;
});
after(() => service?.stop());

const operations = (): [path: string, method: string, operation: Operation][] =>
  Object.entries(document.paths ?? {}).flatMap(([path, item]) =>
    Object.entries(item ?? {}).map(([method, operation]): [string, string, Operation] => [
      path,
      method,
      operation as Operation,
    ]),
  );

describe('the OpenAPI document', () => {
  test('is valid OpenAPI 3.1, and open to all', async () => {
    assert.equal(document.openapi, '3.1.0');
    const { valid, errors } = await new Validator().validate(structuredClone(document));
    assert.ok(valid, JSON.stringify(errors));
    const broken = structuredClone(document) as { info?: unknown };
    delete broken.info;
    assert.equal((await new Validator().validate(broken)).valid, false, 'the validator finds nothing');
  });

  test('has every operation of the table and no other, with what is asked and answered', () => {
    const described = operations().map(([path, method, { operationId }]) => [operationId, method, path]);
    const table = Object.entries(routes).map(([name, { method, path }]) => [
      name,
      method.toLowerCase(),
      path.replace(/:(\w+)/g, '{$1}'),
    ]);
    assert.deepEqual(described.toSorted(), table.toSorted());
    for (const [path, method, operation] of operations()) {
      const where = `${method} ${path}`;
      const { status, scope } = routes[operation.operationId as OperationName];
      assert.ok(operation.summary && operation.tags?.length === 1, where);
      assert.match(operation.description ?? '', new RegExp(`\`${scope}\``), where);
      const codes = Object.keys(operation.responses ?? {});
      assert.ok(codes.includes(String(status)), where);
      for (const code of codes) {
        const { content = {} } = (operation.responses?.[code] ?? {}) as OpenAPIV3_1.ResponseObject;
        const [type] = Object.keys(content);
        assert.equal(type, Number(code) < 400 ? 'application/json' : 'application/problem+json', `${where} ${code}`);
      }
      const named = (operation.parameters ?? []) as OpenAPIV3_1.ParameterObject[];
      for (const [, name] of path.matchAll(/\{(\w+)\}/g)) {
        assert.ok(named.some((parameter) => parameter.in === 'path' && parameter.name === name), where); // prettier-ignore
      }
      assert.equal(
        named.some((parameter) => parameter.name === 'idempotency-key'),
        method === 'post',
        where,
      );
    }
  });

  test('tells every status of the error catalogue somewhere', () => {
    const told = new Set(operations().flatMap(([, , { responses }]) => Object.keys(responses ?? {})));
    for (const { status } of Object.values(ERROR_CATALOGUE)) assert.ok(told.has(String(status)), `${status}`);
  });

  test('asks for a token everywhere, and refers to nothing that is not there', () => {
    assert.deepEqual(document.security, [{ token: [] }]);
    assert.deepEqual(document.components?.securitySchemes?.['token'], { type: 'http', scheme: 'bearer' });
    const references = JSON.stringify(document).matchAll(/"\$ref":"#\/components\/schemas\/(\w+)"/g);
    const used = new Set([...references].map(([, name]) => name as string));
    assert.deepEqual([...used].toSorted(), Object.keys(document.components?.schemas ?? {}).toSorted());
  });
});

describe('the pages at /docs', () => {
  test('need nothing from elsewhere, and may load nothing from there', async () => {
    const page = await fetch(`${service.api.url}/docs`);
    assert.equal(page.status, 200);
    const html = await page.text();
    const files = [...html.matchAll(/(?:src|href)="([^"]+)"/g)].map(([, file]) => file as string);
    assert.ok(files.length >= 4, html);
    for (const file of files) {
      assert.match(file, /^\/docs\//);
      assert.equal((await fetch(`${service.api.url}${file}`)).status, 200, file);
    }
    const policy = page.headers.get('content-security-policy') ?? '';
    assert.match(policy, /default-src 'none'/);
    assert.match(policy, /script-src 'self'(;|$)/);
    assert.doesNotMatch(policy, /https?:|\*|unsafe-eval/);
    assert.doesNotMatch(html, /<script>|<script [^>]*>[^<\s]/, 'the policy lets no script in the page run');
  });
});
