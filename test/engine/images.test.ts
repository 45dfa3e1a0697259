/** Images of a job, with a registry that holds what the test says. */
import { describe, expect, it } from 'vitest';
import { runJob } from '../../src/engine.ts';
import type { ImagePorts } from '../../src/engine/images.ts';
import type { ImageContent } from '../../src/images/content.ts';
import type { ImageReference } from '../../src/images/model.ts';
import { RegistryError } from '../../src/registry/registry-error.ts';
import type { RegistryManifest } from '../../src/registry/registry.ts';
import { JOB, noImages, setUp } from './set-up.ts';

const OLD = `sha256:${'a'.repeat(64)}`;
const NEW = `sha256:${'b'.repeat(64)}`;
const OTHER = `sha256:${'c'.repeat(64)}`;
const DOCKERFILE = `FROM python:3.12-slim@${OLD} AS base\nRUN true\nFROM base\n`;

/** An index whose manifest for linux/amd64 has this digest. */
function indexOf(digest: string, amd64: string): RegistryManifest {
  const manifests = [
    { digest: amd64, size: 1, platform: { os: 'linux', architecture: 'amd64' } },
    { digest, size: 1, platform: { os: 'linux', architecture: 'arm64' } },
  ];
  return { digest, mediaType: '', kind: 'index', json: { manifests }, bytes: Buffer.alloc(0) };
}

function contentOf({ digest }: ImageReference, platform: string): ImageContent {
  const version = digest === OLD ? '3.0.1' : '3.0.2';
  return {
    platform,
    manifestDigest: digest ?? '',
    os: { id: 'debian', version: '12', name: 'Debian GNU/Linux 12 (bookworm)', codename: 'bookworm' },
    pythons: [],
    created: null,
    packages: [
      {
        kind: 'deb',
        name: 'libssl3',
        version,
        arch: 'amd64',
        source: 'openssl',
        sourceVersion: version,
        location: 'var/lib/dpkg/status',
      },
    ],
    config: { env: [], user: '', workdir: '', entrypoint: [], cmd: [], ports: [], labels: {} },
    annotations: {},
    layers: [],
    unread: null,
    notes: [],
  };
}

interface World {
  readonly now?: string | null;
  readonly tags?: readonly string[];
  readonly amd64?: (digest: string) => string;
  readonly fails?: 'digest' | 'manifest' | 'read';
}

function portsOf({ now = NEW, tags = [], amd64 = (digest) => digest, fails }: World): ImagePorts {
  const gone = (): Promise<never> =>
    Promise.reject(new RegistryError('image-not-found', 'It is gone.', 'Look.'));
  return {
    ...noImages(),
    registry: {
      digestOf: () => (fails === 'digest' ? gone() : Promise.resolve(now)),
      manifest: ({ digest }) =>
        fails === 'manifest' ? gone() : Promise.resolve(indexOf(digest ?? '', amd64(digest ?? ''))),
      blob: gone,
      tags: () => Promise.resolve(tags),
    },
    read: (references, platform) =>
      fails === 'read'
        ? gone()
        : Promise.resolve(references.map((reference) => contentOf(reference, platform))),
  };
}

async function run(world: World, files: Readonly<Record<string, string>> = { Dockerfile: DOCKERFILE }) {
  const given = setUp({ locks: [], files, ports: { images: portsOf(world) } });
  const outcome = await runJob(JOB, given.ports);
  return { ...given, outcome, images: outcome.images, only: outcome.images.results[0] };
}

describe('images of a job', () => {
  it('moves a digest to where its tag is, and says what is different inside', async () => {
    const { only, images, actions } = await run({});
    expect(only).toMatchObject({ status: 'updated', from: OLD, to: NEW, notes: [] });
    expect(only?.comparisons[0]?.packages?.moved).toMatchObject([
      { name: 'libssl3', from: '3.0.1', to: '3.0.2', direction: 'up' },
    ]);
    expect(images.files).toEqual([
      { path: 'Dockerfile', text: DOCKERFILE.replace(OLD, NEW), executable: false },
    ]);
    expect(actions).toHaveLength(1);
  });

  it('leaves a pin that is where its tag is', async () => {
    const { only, images, actions } = await run({ now: OLD });
    expect(only).toMatchObject({ status: 'unchanged', to: OLD });
    expect(images.files).toEqual([]);
    expect(actions).toEqual([]);
  });

  it('leaves a pin when only other platforms changed', async () => {
    const { only } = await run({ amd64: () => OTHER });
    expect(only).toMatchObject({ status: 'unchanged' });
    expect(only?.notes[0]).toContain('nothing changed for linux/amd64');
  });

  it.each(['manifest', 'read'] as const)('moves it although nothing can be compared: %s', async (fails) => {
    const { only, images } = await run({ fails });
    expect(only).toMatchObject({ status: 'updated', comparisons: [] });
    expect(only?.notes).toEqual(['What is different inside could not be read: It is gone.']);
    expect(images.files).toHaveLength(1);
  });

  it('tells of a registry that fails, and of a tag that is gone', async () => {
    expect((await run({ fails: 'digest' })).only).toMatchObject({
      status: 'failed',
      reason: { code: 'image-not-found', message: 'It is gone.', fix: 'Look.' },
    });
    const { only, actions } = await run({ now: null });
    expect(only).toMatchObject({ status: 'failed', reason: { code: 'image-not-found' } });
    expect(actions).toHaveLength(1);
  });

  it('suggests a newer tag, and moves it only when the policy says so', async () => {
    const files = { Dockerfile: DOCKERFILE.replace('3.12-slim', '3.12.1-slim') };
    const tags = ['3.12.1-slim', '3.12.4-slim', '3.13.0-slim', '3.12.9'];
    const suggested = await run({ now: OLD, tags }, files);
    expect(suggested.only?.suggestions.join()).toMatch(/3\.12\.4-slim.*3\.13\.0-slim/u);
    expect(suggested.images.files).toEqual([]);
    const moved = await run({ tags }, { ...files, '.github/relock.toml': '[images]\ntags = "patch"\n' });
    expect(moved.images.files[0]?.text).toBe(
      DOCKERFILE.replace('3.12-slim', '3.12.4-slim').replace(OLD, NEW),
    );
  });

  it('gives a digest to an image without one only when the policy says so', async () => {
    const files = { Dockerfile: 'FROM python:3.12-slim\n' };
    expect((await run({}, files)).images.files).toEqual([]);
    const pinned = await run({}, { ...files, '.github/relock.toml': '[images]\npin = true\n' });
    expect(pinned.images.files[0]?.text).toBe(`FROM python:3.12-slim@${NEW}\n`);
  });

  it('edits a file once for all its images, and says when a digest has no tag', async () => {
    const files = {
      Dockerfile: `FROM python:3.12-slim@${OLD} AS a\nFROM debian:12@${OLD}\nCOPY --from=busybox@${OLD} /a /a\n`,
    };
    const { images } = await run({}, files);
    expect(images.files).toHaveLength(1);
    expect((images.files[0]?.text ?? '').split(NEW)).toHaveLength(3);
    expect(images.results.map(({ status }) => status).sort()).toEqual(['skipped', 'updated', 'updated']);
  });

  it('fails no run because nothing can be learned of an image that is not pinned', async () => {
    const given = setUp({ locks: [], files: { Dockerfile: 'FROM python:3.12\n' } });
    const outcome = await runJob(JOB, given.ports);
    expect(outcome.images.results).toMatchObject([{ status: 'unchanged', reason: null }]);
    expect(outcome.images.results[0]?.notes.join()).toContain('could not be looked up');
    expect(outcome.pullRequest).toBeNull();
  });

  it('finds the tag of a digest that stands alone, where the registry still has it', async () => {
    const files = { Dockerfile: `FROM python@${OLD}\n` };
    const found = await run({ now: OLD, tags: ['3.11', '3.12.4-slim', 'latest'] }, files);
    expect(found.only).toMatchObject({ status: 'unchanged', reason: null });
    expect(found.only?.notes.join()).toContain('the tag `latest` now');
    const lost = await run({ now: NEW, tags: ['3.11', '3.12'] }, files);
    expect(lost.only).toMatchObject({ status: 'skipped', reason: { code: 'nothing-pinned' } });
    expect(lost.images.files).toEqual([]);
    const silent = setUp({ locks: [], files });
    expect((await runJob(JOB, silent.ports)).images.results).toMatchObject([{ status: 'skipped' }]);
  });
});
