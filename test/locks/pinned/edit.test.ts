import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { movePins } from '../../../src/locks/pinned/edit.ts';
import type { NewPin } from '../../../src/locks/pinned/edit.ts';
import { readPins } from '../../../src/locks/pinned/pins.ts';

function edit(text: string, news: Readonly<Record<string, string | NewPin>>): string {
  const entries = Object.entries(news).map(([name, pin]): [string, NewPin] => [
    name,
    typeof pin === 'string' ? { version: pin, hashes: [] } : pin,
  ]);
  return movePins(text, readPins(text).moving, new Map(entries)).text;
}

describe('versions', () => {
  it.each([
    ['a==1\n', 'a==2\n'],
    ['a==1', 'a==2'],
    ['\uFEFFa==1\r\n', '\uFEFFa==2\r\n'],
    ['A[x,y]  ==  1.0 ;python_version=="1.0"   # 1.0\n', 'A[x,y]  ==  2 ;python_version=="1.0"   # 1.0\n'],
    ['a (==1)\n', 'a (==2)\n'],
    ['a \\\n  ==1\n', 'a \\\n  ==2\n'],
    ['a==1 --config-settings="x==1"\n', 'a==2 --config-settings="x==1"\n'],
    ['# a==1\n\n  a==1\n# a==1', '# a==1\n\n  a==2\n# a==1'],
    ['x\r\ra==1\r\n', 'x\r\ra==2\r\n'],
    ['a==1\na==1 # again\n', 'a==2\na==2 # again\n'],
  ])('%j becomes %j', (before, after) => {
    expect(edit(before, { a: '2' })).toBe(after);
  });

  it.each(['a>=1\n', 'a==1.*\n', 'a===1\n', 'a==1,<3\n', 'a @ https://h/a==1\n', '-e ./a==1\n', 'b==1\n'])(
    '%j stays',
    (text) => {
      expect(edit(text, { a: '2' })).toBe(text);
    },
  );

  it('leaves a version that is equal by PEP 440, and its hashes', () => {
    const text = 'a==1.0 --hash=sha256:aa\n';
    expect(edit(text, { a: { version: '1.0.0', hashes: ['sha256:bb'] } })).toBe(text);
  });
});

describe('hashes', () => {
  const news = { a: { version: '2', hashes: ['sha256:c1', 'sha256:c2', 'sha256:c3'] } };

  it.each([
    [
      'a==1 \\\n    --hash=sha256:b1 \\\n    --hash=sha256:b2  # why\nz\n',
      'a==2 \\\n    --hash=sha256:c1 \\\n    --hash=sha256:c2 \\\n    --hash=sha256:c3  # why\nz\n',
    ],
    [
      'a==1 ; os_name=="nt" \\\r\n\t--hash sha256:b1\r\n',
      'a==2 ; os_name=="nt" \\\r\n\t--hash sha256:c1 \\\r\n\t--hash sha256:c2 \\\r\n\t--hash sha256:c3\r\n',
    ],
    ['a==1 --hash=sha256:b1 --hash=sha256:b2', 'a==2 --hash=sha256:c1 --hash=sha256:c2 --hash=sha256:c3'],
    ['a==1\n', 'a==2\n'],
  ])('%j becomes %j', (before, after) => {
    expect(edit(before, news)).toBe(after);
  });

  it.each([
    ['another option among them', 'a==1 --hash=sha256:b1 --no-binary a --hash=sha256:b2\n', news],
    ['no new hashes', 'a==1 --hash=sha256:b1\n', { a: '2' }],
  ])('stay, with their version, when there is %s', (_, text, given) => {
    expect(edit(text, given)).toBe(text);
  });
});

describe('properties', () => {
  const space = fc.constantFrom('', ' ', '  ', '\t');
  const newline = fc.constantFrom('\n', '\r\n');
  const hash = fc.stringMatching(/^[0-9a-f]{8}$/u).map((hex) => `--hash=sha256:${hex}`);
  const line = fc.record({
    name: fc.constantFrom('a', 'B', 'c-c', 'D.d', 'e_e'),
    extras: fc.constantFrom('', '[x]', '[x, y]'),
    before: space,
    after: space,
    version: fc.constantFrom('1', '1.0.1', '2024.1', '3rc1'),
    marker: fc.constantFrom('', ' ; python_version == "1"', ";sys_platform=='win32'"),
    hashes: fc.array(hash, { maxLength: 3 }),
    comment: fc.constantFrom('', ' # ==1', '  # via 1.0.1'),
  });
  const other = fc.constantFrom(
    '',
    '   ',
    '# a==1',
    '-r x.txt',
    '--pre',
    'z>=1',
    'z @ https://h/z==1',
    '-e .',
    'y==1.*',
  );

  it('changes no byte outside of versions and hashes', () => {
    fc.assert(
      fc.property(
        fc.array(fc.oneof(line, other), { maxLength: 12 }),
        newline,
        fc.boolean(),
        (lines, end, bom) => {
          const write = (version: string | null, hashes: readonly string[] | null): string =>
            (bom ? '\uFEFF' : '') +
            lines
              .map((each) => {
                if (typeof each === 'string') return each + end;
                const gap = ` \\${end}    `;
                const news = each.hashes.length === 0 ? [] : (hashes ?? each.hashes);
                const head = `${each.name}${each.extras}${each.before}==${each.after}${version ?? each.version}`;
                return `${head}${each.marker}${news.map((text) => gap + text).join('')}${each.comment}${end}`;
              })
              .join('');
          const text = write(null, null);
          const pins = [...readPins(text).moving, ...readPins(text).held];
          const news = new Map(
            pins.map(({ name }) => [name, { version: '99', hashes: ['sha256:ff', 'sha256:ee'] }]),
          );
          const edited = movePins(text, pins, news);
          expect(edited.untouched).toEqual([]);
          expect(edited.text).toBe(write('99', ['--hash=sha256:ff', '--hash=sha256:ee']));
          expect(movePins(text, pins, new Map()).text).toBe(text);
        },
      ),
      { numRuns: 500 },
    );
  });
});
