import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseReference } from '../../src/images/reference.ts';
import { suggestTags } from '../../src/images/tags.ts';

function suggested(text: string, tags: string): string {
  const reference = parseReference(text);
  if (reference === null) throw new Error(text);
  const { patch, minor } = suggestTags(reference, tags.split(' '));
  return `${patch ?? '-'} ${minor ?? '-'}`;
}

describe('suggestTags', () => {
  it.each([
    // variants and distributions stay
    [
      'python:3.11.4-slim-bullseye',
      '3.11.9-slim-bookworm 3.11.10-slim-bullseye 3.11.9-slim-bullseye 3.11.10-bullseye 3.12.1-slim-bullseye 3.13.0-slim',
      '3.11.10-slim-bullseye 3.12.1-slim-bullseye',
    ],
    ['python:3.11.4', '3.11.5 3.11.15 3.12.0 3.13.0rc1 3.9.20 4.0.0 3.14.0a1', '3.11.15 3.12.0'],
    ['python:3.11.4-alpine3.18', '3.11.9-alpine3.19 3.12.1-alpine3.19', '- -'],
    [
      'ghcr.io/astral-sh/uv:0.9.2-python3.12-trixie-slim',
      '0.9.30-python3.12-trixie-slim 0.9.31-python3.13-trixie-slim 0.11.2-python3.12-trixie-slim',
      '0.9.30-python3.12-trixie-slim 0.11.2-python3.12-trixie-slim',
    ],
    // short tags move by their digest
    ['python:3.11-slim', '3.11.4-slim 3.12-slim 3.9-slim 3.12.1-slim 4.0-slim', '- 3.12-slim'],
    ['postgres:16', '16.1 17 18', '- -'],
    ['postgres:16.1-alpine', '16.4-alpine 17.0-alpine', '- 16.4-alpine'],
    // prefixes
    [
      'golangci/golangci-lint:v2.11.3-alpine',
      '2.11.9-alpine v2.11.4-alpine v2.12.0-alpine',
      'v2.11.4-alpine v2.12.0-alpine',
    ],
    ['a:1.2.3.4', '1.2.3.5 1.2.4.0 1.3.0.0', '1.2.4.0 1.3.0.0'],
    // pre-releases neither way
    ['python:3.14.0rc1-slim', '3.14.0rc2-slim 3.14.0-slim 3.14.1-slim', '- -'],
    ['a:1.2.3', '1.2.4-rc.1 1.2.4-beta 1.2.4b2 1.3.0-alpha1', '- -'],
    ['a:1.2.3-alpine', '1.2.4-alpine', '1.2.4-alpine -'],
    ['a:1.2.3-bookworm', '1.2.4-bookworm', '1.2.4-bookworm -'],
    // distributions' own releases stay
    ['ubuntu:22.04', '22.10 23.04 24.04', '- -'],
    ['alpine:3.19.1', '3.19.7 3.20.0 3.23.2', '3.19.7 -'],
    ['alpine:3.19', '3.20 3.23', '- -'],
    ['debian:12.5-slim', '12.6-slim 12.11-slim 13.0-slim', '12.11-slim -'],
    ['rockylinux:9.3', '9.4 10.0', '- 9.4'],
    [
      'debian:trixie-20260623-slim',
      'trixie-20260701-slim trixie-20260801 bookworm-20260901-slim trixie-20251001-slim',
      'trixie-20260701-slim -',
    ],
    ['ubuntu:jammy-20240111', 'jammy-20240212 noble-20240212', 'jammy-20240212 -'],
    // builds are no versions
    ['a:1.2.3', '1.2.20260101 1.20260101.0', '- -'],
    ['a:latest', '1.0 2.0', '- -'],
    ['a', '1.0', '- -'],
    ['a:bookworm', 'trixie', '- -'],
    ['a:1.2.3', '1.2.3 1.2.2 1.1.9', '- -'],
    ['a:1.2.9', '1.2.10', '1.2.10 -'],
    ['a:1.2.3.4.5.6', '1.2.3.4.5.7', '- -'],
  ])('%s of %s: %s', (text, tags, both) => {
    expect(suggested(text, tags)).toBe(both);
  });

  it('never crosses what stands around the numbers, whatever the tags', () => {
    const tag = fc
      .tuple(
        fc.constantFrom('', 'v'),
        fc.array(fc.nat({ max: 12 }), { minLength: 1, maxLength: 4 }),
        fc.constantFrom('', '-slim', '-alpine3.19', 'rc1', '-rc.1', '.x', '-bookworm'),
      )
      .map(([prefix, numbers, suffix]) => `${prefix}${numbers.join('.')}${suffix}`);
    fc.assert(
      fc.property(
        tag,
        fc.array(fc.oneof(tag, fc.string({ maxLength: 8 })), { maxLength: 60 }),
        (own, tags) => {
          const reference = parseReference(`a:${own}`);
          if (reference === null) return;
          const around = own.split(/[\d.]+/u).join('|');
          const { patch, minor } = suggestTags(reference, tags);
          for (const one of [patch, minor]) {
            if (one === null) continue;
            expect(tags).toContain(one);
            expect(one.split(/[\d.]+/u).join('|')).toBe(around);
            expect(one.split('.')[0]).toBe(own.split('.')[0]);
            expect(own).not.toMatch(/rc/u);
          }
          expect(suggestTags(reference, tags.toReversed())).toEqual({ patch, minor });
        },
      ),
    );
  });
});
