/**
 * Cuts the operations and webhooks that the stand-in answers out of GitHub's OpenAPI description, as plain
 * JSON Schema: `node test/support/github/extract-openapi.ts api.github.com.json test/fixtures/github-openapi.json`
 * with the file of the package `@octokit/openapi` (385 MB, so no dependency of this project).
 */
import { readFile, writeFile } from 'node:fs/promises';
import process from 'node:process';
import { operations, webhooks } from './operations.ts';

interface Node {
  readonly [key: string]: unknown;
}
interface Description {
  readonly info: { readonly version: string };
  readonly paths: Record<string, Record<string, Node>>;
  readonly 'x-webhooks': Record<string, { readonly post: Node }>;
  readonly components: Record<string, Record<string, Node>>;
}

const notes = new Set(['description', 'example', 'examples', 'title', 'externalDocs', 'default', 'readOnly']);
const isNode = (value: unknown): value is Node =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** OpenAPI 3.0 to JSON Schema: prose is dropped, `nullable` becomes a type of its own. */
function schemaOf(value: unknown, isMap = false): unknown {
  if (Array.isArray(value)) return value.map((item) => schemaOf(item));
  if (!isNode(value)) return value;
  const kept = Object.entries(value)
    .filter(([key]) => isMap || (!notes.has(key) && key !== 'nullable'))
    .map(([key, inner]) => [
      key,
      schemaOf(inner, !isMap && (key === 'properties' || key === 'patternProperties')),
    ]);
  const schema: Node = Object.fromEntries(kept);
  return !isMap && value['nullable'] === true ? { anyOf: [{ type: 'null' }, schema] } : schema;
}

function resolve(description: Description, node: unknown): Node {
  const ref = isNode(node) ? node['$ref'] : undefined;
  if (typeof ref !== 'string') return isNode(node) ? node : {};
  const [, , kind = '', name = ''] = ref.split('/');
  return description.components[kind]?.[name] ?? {};
}

const jsonBody = (node: unknown): unknown => {
  const content = isNode(node) && isNode(node['content']) ? node['content']['application/json'] : undefined;
  return isNode(content) ? schemaOf(content['schema']) : undefined;
};

function operationOf(description: Description, name: string): Node {
  const [method = '', path = ''] = name.split(' ');
  const source = description.paths[path]?.[method.toLowerCase()];
  if (source === undefined) throw new Error(`The description has no operation ${name}`);
  const parameters = (source['parameters'] ?? []) as readonly unknown[];
  const query = parameters.map((item) => resolve(description, item)).filter((item) => item['in'] === 'query');
  const responses = Object.entries(source['responses'] as Node).map(([status, response]) => [
    status,
    jsonBody(resolve(description, response)) ?? null,
  ]);
  return {
    query: Object.fromEntries(query.map((item) => [item['name'], schemaOf(item['schema'])])),
    body: jsonBody(source['requestBody']) ?? null,
    responses: Object.fromEntries(responses),
  };
}

function collect(description: Description, value: unknown, found: Map<string, unknown>): void {
  if (Array.isArray(value)) for (const item of value) collect(description, item, found);
  if (!isNode(value)) return;
  const ref = value['$ref'];
  const name = typeof ref === 'string' ? ref.replace('#/components/schemas/', '') : undefined;
  if (name !== undefined && !found.has(name)) {
    found.set(name, undefined);
    const schema = schemaOf(description.components['schemas']?.[name]);
    found.set(name, schema);
    collect(description, schema, found);
  }
  for (const inner of Object.values(value)) collect(description, inner, found);
}

const [from = '', to = ''] = process.argv.slice(2);
const description = JSON.parse(await readFile(from, 'utf8')) as Description;
const used: Record<string, Node> = Object.fromEntries(
  operations.map((name) => [name, operationOf(description, name)]),
);
// In this one list the description asks that an account be a user and an enterprise at once.
const installation = { type: 'array', items: { $ref: '#/components/schemas/installation' } };
used['GET /app/installations'] = { ...used['GET /app/installations'], responses: { 200: installation } };
const sent = Object.fromEntries(
  webhooks.map((name) => [name, jsonBody(description['x-webhooks'][name]?.post['requestBody'])]),
);
const schemas = new Map<string, unknown>();
collect(description, [used, sent], schemas);
const cut = {
  version: description.info.version,
  operations: used,
  webhooks: sent,
  schemas: Object.fromEntries(schemas),
};
await writeFile(to, `${JSON.stringify(cut).replaceAll('#/components/schemas/', 'github#/schemas/')}\n`);
