/** JSON schemas (draft-07, which editors' TOML extensions know) from the tables of keys. Pure. */
import { POLICY_KEYS } from './policy-keys.ts';
import type { Field, Fields } from './schema.ts';
import { SETTINGS_KEYS } from './settings-keys.ts';

/** A JSON value. */
export type Json = string | number | boolean | readonly Json[] | { readonly [key: string]: Json };

/** Schema of `.github/relock.toml`. */
export function policySchema(): Json {
  return schemaOf(
    'Relock policy',
    "A repository's own policy for Relock, `.github/relock.toml`. Everything is optional.",
    POLICY_KEYS,
  );
}

/** Schema of the operator's settings file. */
export function settingsSchema(): Json {
  return schemaOf(
    'Relock settings',
    "The operator's settings of the machine or organisation that runs Relock. Everything is optional.",
    SETTINGS_KEYS,
  );
}

function schemaOf(title: string, description: string, fields: Fields): Json {
  return {
    $schema: 'http://json-schema.org/draft-07/schema#',
    title,
    description,
    ...tableSchema(fields),
  };
}

function tableSchema(fields: Fields): { readonly [key: string]: Json } {
  const required = Object.entries(fields).flatMap(([key, field]) => (field.required === true ? [key] : []));
  return {
    type: 'object',
    additionalProperties: false,
    ...(required.length === 0 ? {} : { required }),
    properties: Object.fromEntries(
      Object.entries(fields).map(([key, field]) => [
        key,
        { description: field.description, ...valueSchema(field) },
      ]),
    ),
  };
}

function valueSchema(field: Field): { readonly [key: string]: Json } {
  switch (field.type) {
    case 'string':
      return {
        type: 'string',
        ...(field.oneOf === undefined ? {} : { enum: field.oneOf }),
        ...(field.pattern === undefined ? {} : { pattern: field.pattern }),
        ...(field.oneOf === undefined ? { examples: [field.example] } : {}),
      };
    case 'boolean':
      return { type: 'boolean' };
    case 'integer':
      return { type: 'integer', minimum: field.minimum, maximum: field.maximum };
    case 'seconds':
      return {
        anyOf: [
          { type: 'integer', minimum: field.minimum, maximum: field.maximum },
          { type: 'string', examples: [field.example] },
        ],
      };
    case 'strings':
      return {
        type: 'array',
        items: {
          type: 'string',
          ...(field.oneOf === undefined ? { examples: [field.example] } : { enum: field.oneOf }),
        },
      };
    case 'table':
      return tableSchema(field.fields);
    case 'tables':
      return { type: 'array', items: tableSchema(field.fields) };
    default:
      return field satisfies never;
  }
}
