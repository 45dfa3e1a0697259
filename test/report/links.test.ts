import { describe, expect, it } from 'vitest';
import { chooseLinks, labelledUrls, safeUrl } from '../../src/report/links.ts';

function metadata(...lines: readonly string[]): string {
  return [
    'Metadata-Version: 2.1',
    'Name: x',
    ...lines,
    '',
    'Project-URL: Changelog, https://example.test/from-body',
  ].join('\n');
}

function linksOf(text: string, from: string | null, to: string | null) {
  return chooseLinks(labelledUrls(text), from, to);
}

describe('links', () => {
  it('reads well-known labels whatever their spelling', () => {
    const text = metadata(
      'Home-page: https://x.example.test',
      "Project-URL: What's New, https://x.example.test/news",
      'Project-URL: Source Code, https://github.com/acme/x.git',
    );
    expect(linksOf(text, '1.0', '2.0')).toEqual({
      changelog: 'https://x.example.test/news',
      releases: 'https://github.com/acme/x/releases',
      compare: null,
      home: 'https://x.example.test/',
    });
  });

  it('knows the compare view when the metadata shows how tags are written', () => {
    const text = metadata(
      'Project-URL: Repository, https://github.com/acme/x',
      'Project-URL: Changelog, https://github.com/acme/x/blob/v2.0/CHANGES.md',
    );
    expect(linksOf(text, '1.0', '2.0').compare).toBe('https://github.com/acme/x/compare/v1.0...v2.0');
    expect(linksOf(text, null, '2.0').compare).toBeNull();
  });

  it('knows GitLab, and nothing of an unknown forge', () => {
    expect(linksOf(metadata('Project-URL: Source, https://gitlab.com/a/b'), '1', '2').releases).toBe(
      'https://gitlab.com/a/b/-/releases',
    );
    expect(
      linksOf(metadata('Project-URL: Source, https://git.example.test/a/b'), '1', '2').releases,
    ).toBeNull();
  });

  it('does not read headers out of the description', () => {
    expect(linksOf(metadata(), '1', '2').changelog).toBeNull();
  });
});

describe('an address', () => {
  it.each([
    ['https://a.test/x', 'https://a.test/x'],
    ['https://a.test/a_(b)', 'https://a.test/a_%28b%29'],
    ['javascript:alert(1)', null],
    ['https://user:secret@a.test/', null],
    ['https://github.com/victim/repo/issues/1', null],
    ['https://github.com/victim/repo/pull/1', null],
    ['https://github.com/victim/repo/issues', 'https://github.com/victim/repo/issues'],
    ['UNKNOWN', null],
    [`https://a.test/${'x'.repeat(400)}`, null],
  ])('%s becomes %s', (text, url) => {
    expect(safeUrl(text)).toBe(url);
  });
});
