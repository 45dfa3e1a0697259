import { expect, it } from 'vitest';
import { acceptedForm } from '../../../src/run/network/page-form.ts';

const JSON_TYPE = 'application/vnd.pypi.simple.v1+json';
const HTML_TYPE = 'application/vnd.pypi.simple.v1+html';

it.each([
  ['pip', `${JSON_TYPE}, ${HTML_TYPE}; q=0.1, text/html; q=0.01`, JSON_TYPE],
  ['uv', `${JSON_TYPE}, ${HTML_TYPE};q=0.2, text/html;q=0.01`, JSON_TYPE],
  ['requests', '*/*', 'text/html; charset=utf-8'],
  ['nothing said', undefined, 'text/html; charset=utf-8'],
  ['a browser', 'text/html,application/xhtml+xml,*/*;q=0.8', 'text/html; charset=utf-8'],
  ['only the versioned HTML', HTML_TYPE, HTML_TYPE],
  ['the latest JSON', 'application/vnd.pypi.simple.latest+json', JSON_TYPE],
  ['JSON last', `text/html, ${JSON_TYPE};q=0.5`, 'text/html; charset=utf-8'],
  ['JSON refused', `${JSON_TYPE};q=0, text/html;q=0.1`, 'text/html; charset=utf-8'],
  ['another API version', 'application/vnd.pypi.simple.v2+json', null],
  ['an odd quality', `${JSON_TYPE};q=much`, null],
])('%s', (_, accept, type) => {
  expect(acceptedForm(accept)?.type ?? null).toBe(type);
});
