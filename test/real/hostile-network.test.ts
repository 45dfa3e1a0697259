/** Packages whose build wants out: past the door and through it. What was refused is told, with the package that wanted it. */
import { beforeAll, describe, expect, it } from 'vitest';
import { letLoose, lockOf, packageOf, uvLock, type Arena } from '../support/hostile/arena.ts';
import { noWalls } from '../support/hostile/walled.ts';

/** What the report says of it; null: nothing, since nothing came as far as the door. */
const ATTACKS: readonly (readonly [attack: string, refused: RegExp | null])[] = [
  ['metadata_address', /169\.254\.169\.254:80 .*private|169\.254\.169\.254:80/u],
  ['metadata_by_tunnel', /169\.254\.169\.254:443/u],
  ['loopback_of_host', null],
  ['loopback_by_door', /127\.0\.0\.1:\d+/u],
  ['loopback_by_tunnel', /127\.0\.0\.1:\d+/u],
  ['unlisted_host', /files\.attacker\.example:80.*files\.attacker\.example:443/u],
  ['redirect', /127\.0\.0\.1:\d+.*files\.attacker\.example:80.*169\.254\.169\.254:80/u],
  ['upload', /127\.0\.0\.1:\d+/u],
  ['upload_by_override', null],
  ['upload_as_git', /127\.0\.0\.1:\d+/u],
  ['smuggling', /127\.0\.0\.1:\d+/u],
  ['ports', /:(?:22|25)\b/u],
  ['not_http', /127\.0\.0\.1:\d+/u],
  ['tokens', null],
  ['socket_of_door', null],
  ['datagrams', null],
  ['names', null],
  ['many_connections', null],
  ['long_messages', null],
];

describe.skipIf(noWalls)('a build that wants out', () => {
  let arena: Arena;
  beforeAll(async () => {
    arena = await letLoose({
      module: 'network',
      attacks: ATTACKS.map(([attack]) => attack),
      files: () => ({
        'pages/loopback.in': 'page-loopback\n',
        'pages/loopback.txt': uvLock('page-loopback==0.9').replaceAll('requirements.', 'loopback.'),
        'pages/unlisted.in': 'page-unlisted\n',
        'pages/unlisted.txt': uvLock('page-unlisted==0.9').replaceAll('requirements.', 'unlisted.'),
        'pages/redirected.in': 'page-redirected\n',
        'pages/redirected.txt': uvLock('page-redirected==0.9').replaceAll('requirements.', 'redirected.'),
      }),
      prepare({ index, canaries }) {
        const canary = `http://127.0.0.1:${canaries.port}`;
        index.offerElsewhere(
          'page-loopback',
          'page_loopback-1.0.tar.gz',
          `${canary}/page_loopback-1.0.tar.gz`,
        );
        index.offerElsewhere(
          'page-unlisted',
          'page_unlisted-1.0.tar.gz',
          'http://169.254.169.254/page_unlisted-1.0.tar.gz',
        );
        const file = `${index.url.replace('/simple', '')}/files/page_redirected-1.0.tar.gz`;
        index.offerElsewhere('page-redirected', 'page_redirected-1.0.tar.gz', file);
        index.redirect('/files/page_redirected-1.0.tar.gz', `${canary}/page_redirected-1.0.tar.gz`);
      },
    });
  }, 150_000);

  it.each(ATTACKS)('%s gets nowhere, and the lock is made', (attack, refused) => {
    expect(arena.got(packageOf(attack))).toEqual([]);
    const target = arena.target(lockOf(attack));
    expect(target).toMatchObject({ status: 'updated', reason: null });
    const said = target?.notes.find((note) => note.startsWith('Refused connections: ')) ?? 'nothing';
    expect(said).toMatch(refused ?? /^nothing$/u);
    const during = `while ${packageOf(attack).replaceAll('-', '_')}-1.0.tar.gz was built`;
    expect(said.includes(during)).toBe(refused !== null);
  });

  it.each(['loopback', 'unlisted', 'redirected'])(
    'a page whose file is elsewhere (%s) leads nowhere, and the reader is told',
    (name) => {
      const target = arena.target(`pages/${name}.txt`);
      expect(target).toMatchObject({ status: 'failed', reason: { code: 'network-refused' }, files: [] });
      expect(arena.read(`pages/${name}.txt`)).toContain(`page-${name}==0.9`);
    },
  );

  it('harms neither the machine nor the lock beside it', () => {
    expect(arena.harm()).toEqual([]);
    expect(arena.read('innocent.txt')).toMatch(/^calm==1\.0$[^]*^plain==1\.0$/mu);
  });
});
