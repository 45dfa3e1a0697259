/** An image of the RPM family by real tools: packages, database, repositories, signature; and what the real dnf says of it. */
import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { lookUpRpmUpdates } from '../../src/mirror/rpm-lookup.ts';
import { missingPrograms } from '../support/images/debian-programs.ts';
import { startServer } from '../support/loopback-server.ts';
import { mirrorFetch, repoLookup } from '../support/mirror.ts';
import { linesOfUpdates } from '../support/rpm-ours.ts';
import { missingRpmTools, realDnf, realRepository, realRoot, rpmWorkshop } from '../support/rpm-real.ts';
import type { MadeAdvisory, MadeRpm } from '../support/rpm-world.ts';

const missing = missingRpmTools() ?? missingPrograms(['gpg'], ['gnupg']);

const INSTALLED: readonly MadeRpm[] = [
  { name: 'filesystem', version: '3-1' },
  { name: 'openssl-libs', version: '1:3.0.7-24.el9' },
  { name: 'bash', version: '5.1.8-6.el9' },
  { name: 'tzdata', version: '2024a-1.el9', arch: 'noarch' },
  { name: 'old-tool', version: '1-1' },
  { name: 'held', version: '1-1' },
];
const UPDATES: readonly MadeRpm[] = [
  { name: 'openssl-libs', version: '1:3.0.7-25.el9' },
  { name: 'openssl-libs', version: '1:3.0.7-27.el9' },
  { name: 'bash', version: '5.1.8-9.el9' },
  { name: 'tzdata', version: '2025b-1.el9', arch: 'noarch' },
  { name: 'new-tool', version: '2-1', obsoletes: ['old-tool < 2'] },
  { name: 'held', version: '2-1' },
];
const ADVISORIES: readonly MadeAdvisory[] = [
  { id: 'TEST-SA-1', type: 'security', issued: '2026-05-01 00:00:00', packages: UPDATES.slice(0, 1) },
  { id: 'TEST-SA-2', type: 'security', issued: '2026-06-01 00:00:00', packages: UPDATES.slice(1, 2) },
  { id: 'TEST-BA-1', type: 'bugfix', issued: '2026-06-02 00:00:00', packages: UPDATES.slice(2, 3) },
];

async function open() {
  const workshop = rpmWorkshop();
  onTestFinished(workshop.remove);
  const www = join(workshop.folder, 'www');
  const server = await startServer((request, response) => {
    const path = join(www, request.url ?? '');
    if (existsSync(path)) response.end(readFileSync(path));
    else response.writeHead(404).end();
  });
  const lookup = repoLookup(mirrorFetch(0, [], ['127.0.0.1']));
  return { workshop, www, server, lookup };
}

describe.skipIf(missing !== null)(
  `an image of the RPM family${missing === null ? '' : ` (${missing})`}`,
  () => {
    it('lacks what dnf says it lacks, security fixes told apart', async () => {
      const { workshop, www, server, lookup } = await open();
      realRepository(workshop, join(www, 'base'), INSTALLED, null);
      realRepository(workshop, join(www, 'updates'), UPDATES, ADVISORIES);
      const section = (id: string): string =>
        `[${id}]\nname=${id}\nbaseurl=${server.origin}/${id}/\ngpgcheck=0\n`;
      const config = {
        'etc/dnf/dnf.conf': '[main]\nexcludepkgs=held\n',
        'etc/yum.repos.d/test.repo': `${section('base')}\n${section('updates')}`,
      };
      const root = realRoot(workshop, INSTALLED, config);
      const image = { files: root.files, packages: root.packages, os: null };
      const updates = await lookUpRpmUpdates(image, lookup);
      const real = await realDnf(root);
      expect(linesOfUpdates(updates)).toEqual(real.lines);
      expect(real.lines).toEqual([
        'bash x86_64 5.1.8-9.el9',
        'old-tool -> new-tool x86_64 2-1',
        'openssl-libs x86_64 1:3.0.7-27.el9',
        'tzdata noarch 2025b-1.el9',
      ]);
      const fixes = updates.state === 'unknown' ? [] : updates.updates.filter(({ security }) => security);
      const realFixes = await realDnf(root, ['--security']);
      expect(fixes.map(({ name }) => name)).toEqual(realFixes.lines.map((line) => line.split(' ')[0]));
      expect(fixes).toMatchObject([
        { advisories: ['TEST-SA-1', 'TEST-SA-2'], since: '2026-05-01T00:00:00.000Z' },
      ]);

      // After the upgrade there is nothing left.
      const later = [
        ...INSTALLED.filter(({ name }) => name === 'filesystem' || name === 'held'),
        ...UPDATES.filter(({ name, version }) => name !== 'held' && !version.includes('-25')),
      ];
      const rebuilt = realRoot(workshop, later, config);
      expect((await realDnf(rebuilt)).lines).toEqual([]);
      const clean = await lookUpRpmUpdates(
        { files: rebuilt.files, packages: rebuilt.packages, os: null },
        lookup,
      );
      expect(clean).toMatchObject({ state: 'clean', updates: [] });
    }, 60_000);

    it.each(['gz', 'xz'])('is compared with indexes that createrepo_c packed as %s', async (kind) => {
      const { workshop, www, server, lookup } = await open();
      realRepository(workshop, join(www, 'r'), UPDATES, null, [`--general-compress-type=${kind}`]);
      const root = realRoot(workshop, INSTALLED, {
        'etc/dnf/dnf.conf': '[main]\n',
        'etc/yum.repos.d/r.repo': `[r]\nname=r\nbaseurl=${server.origin}/r\n`,
      });
      const updates = await lookUpRpmUpdates(
        { files: root.files, packages: root.packages, os: null },
        lookup,
      );
      expect(linesOfUpdates(updates)).toEqual((await realDnf(root)).lines);
    });

    it('believes an index that gpg signed, and no other, as dnf does', async () => {
      const { workshop, www, server, lookup } = await open();
      realRepository(workshop, join(www, 'r'), UPDATES, null);
      const home = join(workshop.folder, 'gnupg');
      mkdirSync(home, { mode: 0o700 });
      const gpg = (...argv: readonly string[]): string =>
        execFileSync(
          '/usr/bin/gpg',
          ['--homedir', home, '--batch', '--pinentry-mode', 'loopback', '--passphrase', '', ...argv],
          {
            encoding: 'utf8',
            stdio: 'pipe',
          },
        );
      gpg('--quick-generate-key', 'test@example.com', 'rsa2048', 'sign', 'never');
      gpg('--detach-sign', '--armor', join(www, 'r/repodata/repomd.xml'));
      const root = realRoot(workshop, INSTALLED, {
        'etc/dnf/dnf.conf': '[main]\n',
        'etc/pki/rpm-gpg/KEY': gpg('--armor', '--export'),
        'etc/yum.repos.d/r.repo': `[r]\nname=r\nbaseurl=${server.origin}/r\nrepo_gpgcheck=1\ngpgkey=file:///etc/pki/rpm-gpg/KEY\n`,
      });
      const image = { files: root.files, packages: root.packages, os: null };
      // The key was made today, whatever day the other tests live in.
      const today = { ...lookup, now: Date.now };
      expect(await lookUpRpmUpdates(image, today)).toMatchObject({
        state: 'behind',
        indexes: [{ signed: true }],
      });

      const signature = readFileSync(join(www, 'r/repodata/repomd.xml.asc'));
      realRepository(workshop, join(www, 'r'), [{ name: 'evil', version: '1-1' }], null);
      writeFileSync(join(www, 'r/repodata/repomd.xml.asc'), signature);
      const changed = { ...repoLookup(lookup.fetch), now: Date.now };
      expect(await lookUpRpmUpdates(image, changed)).toMatchObject({
        state: 'unknown',
        reason: { code: 'database-unreadable' },
      });
    });
  },
);
