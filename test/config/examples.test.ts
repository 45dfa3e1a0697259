import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { readPolicy } from '../../src/config/read-policy.ts';
import { readSettings } from '../../src/config/read-settings.ts';

const ENV = { ACME_INDEX_PASSWORD: 'x', ACME_REGISTRY_TOKEN: 'x' };

function blocksOf(path: string): readonly string[] {
  const text = readFileSync(new URL(`../../${path}`, import.meta.url), 'utf8');
  return [...text.matchAll(/^```toml\n([\s\S]*?)^```$/gmu)].map((match) => match[1] ?? '');
}

/** Which of the two files an example is of. */
function errorsOf(text: string): readonly unknown[] {
  const isSettings = /^(?:index-url|\[builder\])/mu.test(text);
  const read = isSettings ? readSettings(text, 'settings', ENV) : readPolicy(text, 'policy');
  return 'errors' in read ? read.errors : [];
}

describe.each(['README.md', 'docs/rebuilds.md'])('the examples of %s', (path) => {
  const blocks = blocksOf(path);

  it('are some', () => {
    expect(blocks.length).toBeGreaterThan(1);
  });

  it.each(blocks)('are right: %j', (text) => {
    expect(errorsOf(text)).toEqual([]);
  });
});
