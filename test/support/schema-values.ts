import fc from 'fast-check';
import type { OpenAPIV3_1 } from 'openapi-types';

type Schema = OpenAPIV3_1.SchemaObject;

/** Values that have broken programs before. */
const JUNK = fc.oneof(
  fc.constantFrom<unknown>(null, true, -1, 0.5, 1e308, '', ' ', '\0', '\ud800', '__proto__', '../..', '%00', [], {}),
  fc.string({ unit: 'binary', maxLength: 40 }),
  fc.jsonValue({ maxDepth: 2 }),
);

/** Values of a schema as an OpenAPI document without references has it, mostly right, now and then junk. */
export function valueOf(schema: Schema): fc.Arbitrary<unknown> {
  return fc.oneof({ weight: 12, arbitrary: rightValue(schema) }, { weight: 1, arbitrary: JUNK });
}

function rightValue(schema: Schema): fc.Arbitrary<unknown> {
  if (schema.enum) return fc.constantFrom<unknown>(...(schema.enum as unknown[]));
  if ('const' in schema) return fc.constant(schema.const as unknown);
  const choices = schema.anyOf ?? schema.oneOf;
  if (choices) return fc.oneof(...choices.map((choice) => rightValue(choice as Schema)));
  const types = [schema.type ?? 'object'].flat() as string[];
  return fc.oneof(...types.map((type) => ofType(type, schema)));
}

function ofType(type: string, schema: Schema): fc.Arbitrary<unknown> {
  const { minimum, maximum } = schema;
  switch (type) {
    case 'string':
      return text(schema);
    case 'integer':
      return fc.integer({ min: minimum ?? -1_000, max: Math.min(maximum ?? 1_000, 2_000_000_000) });
    case 'number':
      return fc.double({ min: minimum ?? -1e6, max: maximum ?? 1e9, noNaN: true });
    case 'boolean':
      return fc.boolean();
    case 'null':
      return fc.constant(null);
    case 'array':
      return fc.array(valueOf(((schema as { items?: Schema }).items ?? {}) as Schema), {
        minLength: schema.minItems ?? 0,
        maxLength: Math.max(schema.minItems ?? 0, 4),
      });
    default:
      return object(schema);
  }
}

function text({ format, pattern, minLength = 0, maxLength = 60 }: Schema): fc.Arbitrary<string> {
  if (format === 'date-time') {
    const [min, max] = [new Date('1990-01-01T00:00:00Z'), new Date('2090-01-01T00:00:00Z')];
    return fc.date({ min, max, noInvalidDate: true }).map((date) => date.toISOString());
  }
  if (pattern) return fc.stringMatching(new RegExp(pattern));
  const plain = fc.string({ minLength, maxLength: Math.min(maxLength, 60) });
  return fc.oneof(plain, fc.constantFrom('5m', '2h', '0 2 * * *', '*/5 * * * *', 'America/New_York', 'UTC', 'C100001'));
}

function object(schema: Schema): fc.Arbitrary<unknown> {
  const { properties, required = [], additionalProperties } = schema;
  if (!properties) return additionalProperties === false ? fc.constant({}) : fc.dictionary(fc.string(), fc.jsonValue());
  const fields = Object.entries(properties).map(([name, field]) => [name, valueOf(field as Schema)] as const);
  return fc.record(Object.fromEntries(fields), { requiredKeys: required });
}
