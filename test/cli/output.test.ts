import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { checkOutputs, writeOutputs } from '../../src/cli/output.ts';
import { folder } from '../support/folder.ts';
import { htmlOutcome } from '../support/html-outcome.ts';
import { NOW } from '../support/rebuild-results.ts';

const REPORT = { links: new Map(), outcome: htmlOutcome(), markdown: '# Title\n', now: NOW };

it('writes each form by its ending, and nothing beside', async () => {
  const out = folder();
  const files = ['a.md', 'new/b.HTML', 'c.json'].map((name) => join(out, name));
  await writeOutputs(files, folder(), REPORT);
  const [md = '', html = '', json = ''] = files.map((file) => readFileSync(file, 'utf8'));
  expect(md).toBe('# Title\n');
  expect(html).toMatch(/^<!DOCTYPE html>/u);
  expect(JSON.parse(json)).toMatchObject({ schemaVersion: 1 });
  expect(readdirSync(out).sort()).toEqual(['a.md', 'c.json', 'new']);
});

it.each([
  ['a link', 'link.md'],
  ['a folder', 'folder.md'],
  ['a path behind a link', 'away/x.md'],
])('refuses %s in the checkout before and after', async (_, name) => {
  const outside = folder({ 'kept.md': 'kept' });
  const root = folder({
    'link.md': { link: join(outside, 'kept.md') },
    away: { link: outside },
    'folder.md/x': '',
  });
  const file = join(root, name);
  await expect(checkOutputs([file], root)).rejects.toThrow(`--output ${file} cannot be written: `);
  await expect(writeOutputs([file], root, REPORT)).rejects.toThrow(`--output ${file} cannot be written: `);
  expect(readdirSync(outside)).toEqual(['kept.md']);
  expect(readFileSync(join(outside, 'kept.md'), 'utf8')).toBe('kept');
});

it('refuses a link elsewhere', async () => {
  const out = folder({ 'kept.md': 'kept', 'link.md': { link: 'kept.md' } });
  await expect(checkOutputs([join(out, 'link.md')], folder())).rejects.toThrow('a symbolic link');
  await expect(checkOutputs([join(out, 'kept.md'), join(out, 'new.md')], folder())).resolves.toBeUndefined();
});
