/** GitHub's own OpenAPI description as the judge of what is asked and of what we answer. */
import { readFileSync } from 'node:fs';
import { Ajv, type ValidateFunction } from 'ajv';
import type { Operation } from './operations.ts';

interface Described {
  readonly query: Record<string, object>;
  readonly body: { readonly properties?: object } | null;
  readonly responses: Record<string, object | null>;
}
interface Fixture {
  readonly operations: Record<Operation, Described>;
  readonly webhooks: Record<string, object>;
  readonly schemas: Record<string, object>;
}

const file = new URL('../../fixtures/github-openapi.json', import.meta.url);
const fixture = JSON.parse(readFileSync(file, 'utf8')) as Fixture;
const ajv = new Ajv({
  strict: false,
  verbose: true,
  validateSchema: false,
  validateFormats: false,
  coerceTypes: false,
  logger: false,
});
ajv.addSchema({ $id: 'github', schemas: fixture.schemas });
// A query string carries text only, so numbers and booleans in it are read before they are judged.
const queryAjv = new Ajv({ strict: false, validateFormats: false, coerceTypes: true, logger: false });
const compiled = new Map<object, ValidateFunction>();

function faults(judge: Ajv, schema: object, value: unknown): readonly string[] {
  const validate = compiled.get(schema) ?? judge.compile(schema);
  compiled.set(schema, validate);
  if (validate(value)) return [];
  return (validate.errors ?? []).map(({ instancePath, keyword, message = 'is wrong', params, data }) => {
    const limit = String(params['limit']);
    const size = (data as string | readonly unknown[] | undefined)?.length;
    if (keyword === 'maxLength')
      return `${instancePath} Only ${limit} characters are allowed; ${size} were supplied.`;
    if (keyword === 'maxItems')
      return `${instancePath} No more than ${limit} items are allowed; ${size} were supplied.`;
    return `${instancePath || '.'} ${message}`;
  });
}

/** Every property that a schema names, through `oneOf`, `anyOf` and `allOf`. */
function namesOf(schema: unknown): readonly string[] {
  if (typeof schema !== 'object' || schema === null) return [];
  const { properties = {}, oneOf = [], anyOf = [], allOf = [] } = schema as Record<string, object[] | object>;
  return [
    ...Object.keys(properties),
    ...[oneOf, anyOf, allOf].flatMap((part) => (part as object[]).flatMap(namesOf)),
  ];
}

/**
 * What is wrong with a request, judged by GitHub's description. Beyond it, a field or query parameter that the
 * description does not know is a fault too: GitHub ignores it, so it is a mistake of ours.
 */
export function requestFaults(
  operation: Operation,
  query: URLSearchParams,
  body: unknown,
): readonly string[] {
  const { query: known, body: schema } = fixture.operations[operation];
  const found = [...query].flatMap(([name, value]) => {
    const described = Object.hasOwn(known, name) ? known[name] : undefined;
    if (described === undefined) return [`the query parameter ${name} is unknown`];
    // Coercion writes into the object around the value.
    const shape = compiledQuery(operation, name, described);
    return faults(queryAjv, shape, { [name]: value }).map((fault) => `query ${fault}`);
  });
  if (body === undefined) return found;
  if (schema === null) return [...found, 'a body was sent where none is described'];
  const names = namesOf(schema);
  const extra =
    names.length === 0 || typeof body !== 'object' || body === null || Array.isArray(body)
      ? []
      : Object.keys(body).filter((key) => !names.includes(key));
  const unknown = extra.map((key) => `the field ${key} is unknown`);
  return [...found, ...unknown, ...faults(ajv, schema, body).map((fault) => `body ${fault}`)];
}

const shapes = new Map<string, object>();
function compiledQuery(operation: Operation, name: string, schema: object): object {
  const key = `${operation}?${name}`;
  const shape = shapes.get(key) ?? { type: 'object', properties: { [name]: schema } };
  shapes.set(key, shape);
  return shape;
}

/** What is wrong with an answer of the stand-in itself; a status that GitHub does not list is a fault. */
export function responseFaults(operation: Operation, status: number, data: unknown): readonly string[] {
  const schema = fixture.operations[operation].responses[String(status)];
  if (schema === undefined) return [`the status ${status} is not described`];
  return schema === null || data === undefined ? [] : faults(ajv, schema, data);
}

/** What is wrong with a webhook payload; `name` is the event and the action with hyphens. */
export function webhookFaults(name: string, payload: unknown): readonly string[] {
  const schema = Object.hasOwn(fixture.webhooks, name) ? fixture.webhooks[name] : undefined;
  return schema === undefined ? [] : faults(ajv, schema, payload);
}
