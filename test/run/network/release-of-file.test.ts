import { eq } from '@renovatebot/pep440';
import { array, assert, constantFrom, property, tuple } from 'fast-check';
import { describe, expect, it } from 'vitest';
import { releaseKey, releaseOfFile } from '../../../src/run/network/release-of-file.ts';

describe('releaseOfFile', () => {
  it.each<[filename: string, project: string, version: string | null]>([
    ['demo_pkg-1.0-py3-none-any.whl', 'demo-pkg', '1'],
    ['Demo.Pkg-1.0.1-1-py2.py3-none-any.whl', 'demo-pkg', '1.0.1'],
    ['torch-2.1.0+cpu-cp311-cp311-linux_x86_64.whl', 'torch', '2.1+cpu'],
    ['demo-1.0_1-py3-none-any.whl', 'demo', '1.0.post1'],
    ['demo-1!2.0-py3-none-any.whl', 'demo', '1!2'],
    ['demo_pkg-1.3rc1-py2.7.egg', 'demo-pkg', '1.3rc1'],
    ['demo_pkg-1.1.tar.gz', 'demo-pkg', '1.1'],
    ['demo-pkg-1.1.tar.bz2', 'demo-pkg', '1.1'],
    ['demo.pkg-1.2.zip', 'demo-pkg', '1.2'],
    ['Demo__Pkg-1.2.tgz', 'demo-pkg', '1.2'],
    ['zope.interface-3.3.0b1.zip', 'zope-interface', '3.3.0b1'],
    ['pytz-2004b.tar.gz', 'pytz', '2004b0'],
    ['demo-1.0-beta-2.tar.gz', 'demo', '1.0b2'],
    ['demo-1.0-1.tar.gz', 'demo', '1.0.post1'],
    ['demo-v1.0.tar.gz', 'demo', '1.0'],
    ['demo-1.0.dev-r1234.tar.gz', 'demo', null],
    ['a-1-2.0.tar.gz', 'a-1', '2.0'],
    ['a-1-2.0.tar.gz', 'a', null],
    ['demo-1.0.win32-py2.7.exe', 'demo', '1.0'],
    ['demo-1.0.win-amd64.exe', 'demo', '1.0'],
    ['demo-1.0.win32-py3.3.msi', 'demo', '1.0'],
    ['demo-1.0.linux-x86_64.tar.gz', 'demo', '1.0'],
    ['demo-1.0.macosx-10.9-x86_64.tar.gz', 'demo', '1.0'],
    ['demo-1.0-1.noarch.rpm', 'demo', null],
    ['other-1.0.tar.gz', 'demo', null],
    ['demo.-1.0.tar.gz', 'demo', null],
    ['demo-pytz-2004d.tar.gz', 'demo', null],
    ['pytz-2004d.tar.gz', 'pytz', null],
    ['demo.tar.gz', 'demo', null],
    ['demo-.tar.gz', 'demo', null],
    ['demo', 'demo', null],
    ['', 'demo', null],
    [`demo-${'1.'.repeat(300)}0.tar.gz`, 'demo', null],
  ])('%s of %s', (filename, project, version) => {
    expect(releaseOfFile(filename, project)).toBe(version === null ? null : releaseKey(version));
  });

  it('takes no long for names that are none', () => {
    const start = performance.now();
    for (let count = 0; count < 20_000; count += 1) {
      releaseOfFile(`${'a-'.repeat(240)}.tar.gz`, 'a-'.repeat(99) + 'b');
      releaseOfFile(`${'-'.repeat(480)}.tar.gz`, 'a');
    }
    expect(performance.now() - start).toBeLessThan(2000);
  });
});

describe('releaseKey', () => {
  it.each([
    ['1.0.post1', '1.post1'],
    ['1.0.dev1', '1.dev1'],
    ['1.0+Ubuntu-1', '1+ubuntu.1'],
    ['0!1.0c1', 'v1.0.0RC-1'],
    ['1.0-1', '1.0.post1'],
  ])('%s is %s', (one, other) => {
    expect(releaseKey(one)).toBe(releaseKey(other));
  });

  it.each([
    ['1.0', '1.0+cpu'],
    ['1.0', '1!1.0'],
    ['10', '1'],
    // As numbers of JavaScript they are equal.
    ['1.0.dev20230101000000001', '1.0.dev20230101000000002'],
    ['20230101000000001', '20230101000000002'],
  ])('%s is not %s', (one, other) => {
    expect(releaseKey(one)).not.toBe(releaseKey(other));
  });

  it('is equal where PEP 440 says so, and only there', () => {
    const version = tuple(
      constantFrom('', '', 'v', '0!', '1!'),
      array(constantFrom('0', '00', '1', '10'), { minLength: 1, maxLength: 3 }),
      constantFrom('', '', 'a', 'a0', '.alpha1', 'rc1', '-c1', '_pre_1'),
      constantFrom('', '', '.post0', '-0', '.post1', '-1', 'rev1', '.r1'),
      constantFrom('', '', '.dev', '.dev0', '-dev1', 'dev1'),
      constantFrom('', '', '+a', '+A', '+1', '+01', '+a.1', '+a-1'),
    ).map(([epoch, release, ...rest]) => epoch + release.join('.') + rest.join(''));
    assert(
      property(version, version, (one, other) => {
        expect(releaseKey(one) === releaseKey(other)).toBe(eq(one, other));
      }),
      { numRuns: 2000 },
    );
  });
});
