import { describe, expect, it } from 'vitest';
import { waitingSections } from '../../src/report/rebuild-table.ts';
import { NOW, PLAIN, publishedState, rebuildResult, UNKNOWN, waits } from '../support/rebuild-results.ts';

const textOf = (published: Parameters<typeof publishedState>[0], now: Date | null = NOW) =>
  waitingSections(rebuildResult({ published: [publishedState(published)] }), now)
    .map(({ text }) => text)
    .join('\n\n');

it('has a row for each package, the worst first, with how it comes', () => {
  expect(
    textOf([
      waits('rebuild', 'bash 5.2-1 5.2-2', PLAIN),
      waits('rebuild', 'openssl 3.0.16-1 3.0.17-1', { advisories: ['DSA-1', 'DSA-2', 'DSA-3', 'DSA-4'] }),
      waits('base-digest', 'perl 5.36.0-7 5.36.0-8', { since: '2026-10-01', suite: '' }),
      waits('upgrade-step', 'zlib1g 1 2', { since: null }),
      waits('not-yet', 'linux-libc-dev 1 2', { because: 'it wants `linux-headers` | more' }),
      waits('not-yet', 'snapd 1 2', {
        ...PLAIN,
        kind: 'phased',
        because: null,
        since: '2026-11-24T11:00:00Z',
      }),
    ]),
  ).toMatchInlineSnapshot(`
    "| Package | Published → offered | Kind | Offered by | Waiting | Comes with |
    | --- | --- | --- | --- | --- | --- |
    | \`perl\` | \`5.36.0-7\` → \`5.36.0-8\` | security | not told | 54 days | the new base digest |
    | \`openssl\` | \`3.0.16-1\` → \`3.0.17-1\` | security (\`DSA-1\`, \`DSA-2\`, \`DSA-3\`, 1 more) | \`bookworm-security\` | 23 days | a clean build |
    | \`linux-libc-dev\` | \`1\` → \`2\` | security | \`bookworm-security\` | 23 days | nothing yet: kept back (it wants  linux-headers    more) |
    | \`zlib1g\` | \`1\` → \`2\` | security | \`bookworm-security\` | not told | only an upgrade step |
    | \`bash\` | \`5.2-1\` → \`5.2-2\` | update | \`bookworm\` | 23 days | a clean build |
    | \`snapd\` | \`1\` → \`2\` | update | \`bookworm\` | less than a day | nothing yet: not everybody's so far |"
  `);
});

it('says since when where the report does not know the day', () => {
  expect(textOf([waits('rebuild', 'a')], null)).toContain('| since 2026-11-01 |');
});

it('names platforms only where they differ', () => {
  const [one, two] = [waits('rebuild', 'a'), waits('rebuild', 'b')];
  const states = (second: readonly (typeof one)[]) => [
    publishedState([one, two]),
    publishedState(second, { platform: 'linux/arm64' }),
  ];
  const of = (published: ReturnType<typeof states>) =>
    waitingSections(rebuildResult({ published }), NOW)[0]?.text ?? '';
  const other = { ...one, update: { ...one.update, arch: 'arm64' } };
  expect(of(states([other, two]))).not.toContain('Platforms');
  expect(of(states([other]))).toMatch(/\| `a` .*\| all \|\n\| `b` .*\| `linux\/amd64` \|$/u);
  // The same update by another way is another row.
  expect(of(states([{ ...other, way: 'upgrade-step' }, two])).match(/\| `a` /gu)).toHaveLength(2);
  // Nothing is known of the other one: what waits here is not everywhere.
  expect(
    of([publishedState([one]), publishedState([], { platform: 'linux/arm64', updates: UNKNOWN })]),
  ).toContain('| `linux/amd64` |');
});

describe('long tables', () => {
  const many = (count: number, more = {}) =>
    Array.from({ length: count }, (_, index) => waits('rebuild', `p${String(index).padStart(4, '0')}`, more));

  it('stand open up to a dozen rows, then only the security fixes, then none', () => {
    expect(textOf(many(12))).not.toContain('<details>');
    const split = textOf([
      ...many(10),
      ...many(10, PLAIN).map((one) => ({ ...one, update: { ...one.update, name: `q-${one.update.name}` } })),
    ]);
    expect(split.match(/<details>/gu)).toHaveLength(1);
    expect(split).toContain('<summary>10 other updates wait</summary>');
    expect(textOf(many(13))).toContain('<summary>13 security fixes wait</summary>');
    expect(textOf(many(13, PLAIN))).toContain('<summary>13 updates wait</summary>');
  });

  it('are cut, by rows and by characters, and say so', () => {
    expect(textOf(many(101))).toContain('And 1 more; `relock run --json` gives all of them.');
    const wide = many(100, { advisories: [1, 2, 3].map((index) => `DSA-${index}-${'x'.repeat(40)}`) });
    const text = textOf(wide);
    expect(text.length).toBeLessThan(17_000);
    expect(text).toMatch(/And \d+ more/u);
  });
});
