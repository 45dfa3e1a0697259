import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { effectiveTag, formatReference, parseReference } from '../../src/images/reference.ts';
import { A } from './pins.ts';

describe('parseReference', () => {
  it.each([
    ['python', 'docker.io/library/python'],
    ['python:3.12-slim', 'docker.io/library/python:3.12-slim'],
    [`python:3.12@${A}`, `docker.io/library/python:3.12@${A}`],
    [`python@${A}`, `docker.io/library/python@${A}`],
    ['docker.io/python', 'docker.io/library/python'],
    ['index.docker.io/library/python:3', 'docker.io/library/python:3'],
    ['org/app', 'docker.io/org/app'],
    ['ghcr.io/astral-sh/uv:0.8', 'ghcr.io/astral-sh/uv:0.8'],
    ['localhost/app:1', 'localhost/app:1'],
    ['localhost:5000/app', 'localhost:5000/app'],
    ['registry:5000/a/b/c:1', 'registry:5000/a/b/c:1'],
    ['REGISTRY/app', 'REGISTRY/app'],
    ['[::1]:5000/app', '[::1]:5000/app'],
    ['a/b__c/d-_-e'.replace('-_-', '--'), 'docker.io/a/b__c/d--e'],
    [`app@sha512:${'c'.repeat(128)}`, `docker.io/library/app@sha512:${'c'.repeat(128)}`],
  ])('%s is %s', (text, full) => {
    const reference = parseReference(text);
    expect(reference === null ? null : formatReference(reference)).toBe(full);
    expect(reference?.text).toBe(text.split('@', 1)[0]);
  });

  it.each([
    '',
    'Python',
    'python:',
    'python:-1',
    'python:a b',
    'python@',
    'python@sha256:abc',
    `python@sha256:${'A'.repeat(64)}`,
    `python@md5:${'a'.repeat(32)}`,
    `python:3@${A}@${A}`,
    '/python',
    'python/',
    'a//b',
    'a/-b',
    'a___b',
    'a..b',
    'a.b/',
    'http://a/b',
    '${TAG}',
    'a'.repeat(64),
    'x'.repeat(300),
    `python:${'1'.repeat(129)}`,
  ])('%j is none', (text) => {
    expect(parseReference(text)).toBeNull();
  });

  it.each([
    ['python', 'latest'],
    ['python:3', '3'],
    [`python@${A}`, null],
  ])('asks for the tag of %s: %s', (text, tag) => {
    const reference = parseReference(text);
    expect(reference === null ? undefined : effectiveTag(reference)).toBe(tag);
  });

  it('reads its own full form as the same image, whatever the text', () => {
    const piece = fc.stringMatching(/^[a-z0-9]{1,6}(?:[._-][a-z0-9]{1,4})?$/u);
    const written = fc
      .tuple(fc.constantFrom('', 'ghcr.io/', 'localhost:5000/', 'x/'), piece, fc.option(piece), fc.boolean())
      .map(
        ([host, name, tag, pinned]) =>
          `${host}${name}${tag === null ? '' : `:${tag}`}${pinned ? `@${A}` : ''}`,
      );
    fc.assert(
      fc.property(fc.oneof(written, fc.string()), (text) => {
        const reference = parseReference(text);
        if (reference === null) return;
        const full = formatReference(reference);
        const again = parseReference(full);
        expect(again).toEqual({ ...reference, text: full.split('@', 1)[0] });
      }),
    );
    expect(parseReference('ghcr.io/abc:1')).not.toBeNull();
  });

  it('refuses a long text at once', () => {
    expect(parseReference(`${'a-'.repeat(1e6)}!`)).toBeNull();
  });
});
