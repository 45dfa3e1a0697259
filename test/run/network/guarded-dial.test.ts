import { Socket } from 'node:net';
import { describe, expect, it } from 'vitest';
import { createGuardedDialer, PrivateAddressError } from '../../../src/run/network/guarded-dial.ts';

function start(lookup: (host: string) => Promise<readonly string[]>, isProxied = false) {
  const dialled: unknown[] = [];
  const guarded = createGuardedDialer({
    dialer: {
      dial: (host, port, _, addresses) => {
        dialled.push([host, port, addresses ?? null]);
        return Promise.resolve(new Socket());
      },
      isProxied: () => isProxied,
      httpProxy: () => null,
    },
    lookup,
    isKnown: () => false,
  });
  const dial = (host: string, mayBePrivate = false): Promise<unknown> =>
    guarded.dial(host, 443, mayBePrivate, AbortSignal.timeout(1000));
  return { dialled, dial, guarded };
}

const MIXED = ['10.0.0.1', '203.0.113.7', '::1', '2606:4700::1', '169.254.169.254'];

describe('createGuardedDialer', () => {
  it('gives the dialer the public addresses alone, and asks once for many connections', async () => {
    let asked = 0;
    const { dial, dialled } = start(() => {
      asked += 1;
      return Promise.resolve(MIXED);
    });
    await Promise.all([dial('a.example.test'), dial('a.example.test')]);
    const expected = ['a.example.test', 443, ['203.0.113.7', '2606:4700::1']];
    expect(dialled).toEqual([expected, expected]);
    expect(asked).toBe(1);
  });

  it('refuses what is private by name or by address, and dials nothing', async () => {
    const { dial, dialled } = start(() => Promise.resolve(['10.0.0.1', 'fe80::1%eth0']));
    for (const host of ['a.example.test', '127.0.0.1', '::1', '::ffff:7f00:1']) {
      await expect(dial(host)).rejects.toThrow(PrivateAddressError);
    }
    expect(dialled).toEqual([]);
  });

  it('does not look at hosts that the operator named', async () => {
    const { dial, dialled } = start(() => Promise.reject(new Error('not asked')));
    await dial('intra.example.test', true);
    await dial('10.0.0.1', true);
    await dial('203.0.113.7');
    expect(dialled).toEqual([
      ['intra.example.test', 443, null],
      ['10.0.0.1', 443, null],
      ['203.0.113.7', 443, null],
    ]);
  });

  it('leaves a name to the proxy unless it is known to be private', async () => {
    const { dial, dialled } = start(
      (host) =>
        host === 'unknown.example.test'
          ? Promise.reject(new Error('no such name'))
          : Promise.resolve(host === 'intra.example.test' ? ['10.0.0.1'] : MIXED),
      true,
    );
    await dial('unknown.example.test');
    await dial('a.example.test');
    await expect(dial('intra.example.test')).rejects.toThrow('intra.example.test is at 10.0.0.1');
    await expect(dial('10.0.0.1')).rejects.toThrow(PrivateAddressError);
    expect(dialled).toEqual([
      ['unknown.example.test', 443, null],
      ['a.example.test', 443, null],
    ]);
  });

  it('asks again after a failed look-up', async () => {
    let asked = 0;
    const { dial, dialled } = start(() => {
      asked += 1;
      return asked === 1 ? Promise.reject(new Error('EAI_AGAIN')) : Promise.resolve(['203.0.113.7']);
    });
    await expect(dial('a.example.test')).rejects.toThrow('EAI_AGAIN');
    await dial('a.example.test');
    expect(dialled).toHaveLength(1);
  });

  it('checks what goes to a proxy in whole', async () => {
    const { guarded } = start(() => Promise.resolve(['127.0.0.1']));
    await expect(guarded.check('a.example.test', 80, false)).rejects.toThrow(PrivateAddressError);
    await guarded.check('a.example.test', 80, true);
  });
});
