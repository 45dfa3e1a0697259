import { anything, assert, property } from 'fast-check';
import { describe, expect, it } from 'vitest';
import { notesOfReleases, readReleases, releasesOf } from '../../src/notes/releases.ts';

const REPOSITORY = { host: 'github.com', path: 'acme/mono' } as const;
const WANTED = { package: 'my-pkg', from: '1.0', to: '2.0' };

function entry(tag: string, more: Readonly<Record<string, unknown>> = {}): unknown {
  return { tag_name: tag, name: tag, body: `of ${tag}`, published_at: '2024-01-31T10:00:00Z', ...more };
}

function versionsOf(...tags: readonly string[]): readonly string[] {
  const read = readReleases(
    'github.com',
    tags.map((tag) => entry(tag)),
  );
  return notesOfReleases(releasesOf('my-pkg', REPOSITORY, read), WANTED).map(({ version }) => version);
}

describe('releases', () => {
  it('between both versions, newest first', () => {
    expect(versionsOf('v1.5', 'v3.0', 'v2.0', 'v1.0', 'v0.9', 'v2.0rc1', 'v1.9.1')).toEqual([
      '2.0',
      '1.9.1',
      '1.5',
    ]);
  });

  it("of the package's own name, where some have it", () => {
    expect(versionsOf('my-pkg-1.5', 'v1.6', 'mono-1.7', 'other-1.8')).toEqual(['1.5']);
    expect(versionsOf('v1.6', 'mono-1.7', 'other-1.8')).toEqual(['1.6']);
    expect(versionsOf('mono-1.7', 'other-1.8')).toEqual(['1.7']);
    expect(versionsOf('other-1.8')).toEqual([]);
  });

  it('as GitHub, GitLab and Forgejo list them', () => {
    const page = 'https://github.com/acme/mono/releases/tag/v1';
    expect(readReleases('github.com', [entry('v1', { html_url: page })])).toEqual([
      { tag: 'v1', title: 'v1', text: 'of v1', date: '2024-01-31', url: page },
    ]);
    const gitlab = {
      tag_name: 'v1',
      name: 'One',
      description: 'words',
      released_at: '2024-01-31T10:00:00Z',
      _links: { self: 'https://gitlab.com/a/b/-/releases/v1' },
    };
    expect(readReleases('gitlab.com', [gitlab])).toEqual([
      {
        tag: 'v1',
        title: 'One',
        text: 'words',
        date: '2024-01-31',
        url: 'https://gitlab.com/a/b/-/releases/v1',
      },
    ]);
  });

  it('leaves drafts out, and pages of other hosts', () => {
    expect(readReleases('github.com', [entry('v1', { draft: true })])).toEqual([]);
    expect(readReleases('github.com', [entry('v1', { html_url: 'https://evil.test/x' })])[0]?.url).toBeNull();
  });

  it('are read whatever is answered', () => {
    assert(property(anything(), (page) => void readReleases('github.com', page)));
    assert(property(anything(), (one) => void readReleases('gitlab.com', [one])));
  });
});
