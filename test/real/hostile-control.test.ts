/** The same attacks without a sandbox: they find what they look for, so that the other tests can fail. */
import { beforeAll, describe, expect, it } from 'vitest';
import { letLoose, lockOf, packageOf, type Arena } from '../support/hostile/arena.ts';

function arenaOf(module: string, attacks: readonly string[]): () => Arena {
  let arena: Arena | undefined;
  beforeAll(async () => {
    arena = await letLoose({ module, attacks, settings: { sandbox: 'none' } });
  }, 120_000);
  return () => {
    if (arena === undefined) throw new Error('not run');
    return arena;
  };
}

/** What an attack then reports, as far as it depends on nothing but what was planted. */
const READS: readonly (readonly [attack: string, got: RegExp])[] = [
  ['environ_of_processes', /planted-(?:github|host)-/u],
  ['cmdline_of_processes', /planted-argument-/u],
  ['home_of_user', /planted-home-/u],
  ['planted_files', /secret\.txt/u],
  ['other_jobs', /relock-\d+-other/u],
  ['original_checkout', /planted-git-/u],
  ['operators_files', /settings\.toml/u],
  ['container_socket', /docker\.sock: connected/u],
  ['abstract_socket', /abstract socket: connected/u],
];

describe('without a sandbox, a build', () => {
  const reads = arenaOf(
    'reads',
    READS.map(([attack]) => attack),
  );
  const network = arenaOf('network', ['loopback_of_host', 'datagrams']);
  const writes = arenaOf('writes', ['outside_absolute', 'outside_by_link']);

  it.each(READS)('%s gets what it wants', (attack, got) => {
    expect(reads().got(packageOf(attack))?.join('\n')).toMatch(got);
    expect(reads().target(lockOf(attack))).toMatchObject({ status: 'updated' });
  });

  it('reaches the loopback of the host', () => {
    expect(network().got(packageOf('loopback_of_host'))?.join('\n')).toContain(
      "127.0.0.1: b'HTTP/1.1 200 OK",
    );
    const touched = network().harm().join('\n');
    expect(touched).toContain('canary: loopback: GET /direct HTTP/1.0');
    expect(touched).toContain('canary: datagram: ');
  });

  it('writes outside', () => {
    expect(writes().got(packageOf('outside_absolute'))?.join('\n')).toContain('victim.txt');
    expect(writes().got(packageOf('outside_by_link'))).not.toEqual([]);
    expect(writes().harm()).toEqual([
      expect.stringMatching(/^outside is not as it was: .*pwned-by-hostile/u),
    ]);
  });

  it('is told of in the report', () => {
    expect(reads().outcome.notes.join('\n')).toContain('without a sandbox');
  });
});
