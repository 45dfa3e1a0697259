/** Relock and the real dnf, asked the same of worlds by chance: real packages, real createrepo_c, real databases. */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import * as fc from 'fast-check';
import { expect, it, onTestFinished } from 'vitest';
import { lookUpRpmUpdates } from '../../src/mirror/rpm-lookup.ts';
import { startServer } from '../support/loopback-server.ts';
import { mirrorFetch, repoLookup } from '../support/mirror.ts';
import { rpmWorlds } from '../support/rpm-chance.ts';
import { missingRpmTools, realDnf, realRepository, realRoot, rpmWorkshop } from '../support/rpm-real.ts';
import { linesOfUpdates } from '../support/rpm-ours.ts';

const missing = missingRpmTools();
/** More for who changes what is compared. */
const WORLDS = Number(process.env['RELOCK_TEST_WORLDS'] ?? 15);
const SEED = Number(process.env['RELOCK_TEST_SEED'] ?? 11);

it.skipIf(missing !== null)(
  `names what dnf names, in ${WORLDS} worlds${missing === null ? '' : ` (${missing})`}`,
  async () => {
    const workshop = rpmWorkshop();
    onTestFinished(workshop.remove);
    const server = await startServer((request, response) => {
      const path = join(workshop.folder, 'www', request.url ?? '');
      if (existsSync(path)) response.end(readFileSync(path));
      else response.writeHead(404).end();
    });
    const fetch = mirrorFetch(0, [], ['127.0.0.1']);
    const seen: unknown[] = [];
    for (const [at, world] of fc.sample(rpmWorlds, { numRuns: WORLDS, seed: SEED }).entries()) {
      const sections = world.repositories.map(({ packages, options }, index) => {
        realRepository(workshop, join(workshop.folder, 'www', `w${at}`, `r${index}`), packages, null);
        const lines = [
          `[r${index}]`,
          `name=r${index}`,
          `baseurl=${server.origin}/w${at}/r${index}`,
          ...options,
        ];
        return `${lines.join('\n')}\n`;
      });
      const root = realRoot(workshop, world.installed, {
        'etc/dnf/dnf.conf': '[main]\ngpgcheck=0\n',
        'etc/yum.repos.d/r.repo': sections.join('\n'),
      });
      const real = await realDnf(root);
      const ours = await lookUpRpmUpdates(
        { files: root.files, packages: root.packages, os: null },
        repoLookup(fetch),
      );
      const [want, got] = [real.lines, linesOfUpdates(ours)];
      if (JSON.stringify(want) !== JSON.stringify(got)) seen.push(JSON.stringify({ world, want, got }));
    }
    expect(seen).toEqual([]);
  },
  300_000,
);
