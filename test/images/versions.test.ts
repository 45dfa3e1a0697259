import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { compareApkVersions } from '../../src/images/apk-version.ts';
import { compareDebVersions } from '../../src/images/deb-version.ts';
import { compareRpmVersions } from '../../src/images/rpm-version.ts';
import { APK_ORDER, DEB_ORDER, RPM_ORDER } from '../support/images/version-orders.ts';

type Compare = (a: string, b: string) => number | null;

/** Pairs that compare otherwise than as they stand in the list. */
function wrong(compare: Compare, versions: readonly string[]): readonly string[] {
  return versions.flatMap((one, at) =>
    versions.flatMap((two, other) =>
      Math.sign(compare(one, two) ?? Number.NaN) === Math.sign(at - other) ? [] : [`${one} ${two}`],
    ),
  );
}

describe('versions in their order', () => {
  it('Debian', () => expect(wrong(compareDebVersions, DEB_ORDER)).toEqual([]));
  it('RPM', () => expect(wrong(compareRpmVersions, RPM_ORDER)).toEqual([]));
  it('Alpine', () => expect(wrong(compareApkVersions, APK_ORDER)).toEqual([]));
  it('equal ones', () => {
    expect(compareDebVersions('0:1.0-0', '1.00-0')).toBe(0);
    expect(compareRpmVersions('1.0-1', '0:1_00-01')).toBe(0);
    expect(compareApkVersions('1.0-r0', '1.0-r0')).toBe(0);
  });
  it('what is no version of Alpine has no order', () => {
    expect(compareApkVersions('', '1.0')).toBeNull();
    expect(compareApkVersions('1.0', '1.0_what')).toBeNull();
  });
  it.each<[string, Compare]>([
    ['Debian', compareDebVersions],
    ['RPM', compareRpmVersions],
  ])('any texts: the other way around is the other sign (%s)', (_, compare) => {
    const version = fc.string({ unit: fc.constantFrom(...Array.from('019azAZ.~^+-_:')), maxLength: 12 });
    fc.assert(
      fc.property(version, version, (a, b) => {
        expect(Math.sign(compare(a, b) ?? 0) + Math.sign(compare(b, a) ?? 0)).toBe(0);
      }),
    );
  });
});
