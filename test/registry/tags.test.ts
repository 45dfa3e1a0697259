import { expect, it } from 'vitest';
import { imageOf } from '../support/registry/made-image.ts';
import { failureOf, startRegistries, type Reply } from '../support/registry/scene.ts';

const URL = 'GET https://ghcr.io/v2/a/b/tags/list';
const IMAGE = imageOf('ghcr.io/a/b:1');

function page(tags: unknown, link?: string): Reply {
  return {
    body: JSON.stringify({ name: 'a/b', tags }),
    ...(link === undefined ? {} : { headers: { link } }),
  };
}

it('follows pages to their end, once', async () => {
  const { registry, lines } = await startRegistries({
    [URL]: [
      page(['1', '2'], '</v2/a/b/tags/list?last=2&n=1000>; rel="next"'),
      page(['2', '3'], '<http://inner.example/v2/a/b/tags/list?last=3>; rel=next'),
      page(['4'], '</v2/a/b/tags/list?first>; rel="prev"'),
    ],
  });
  expect(await registry.tags(IMAGE)).toEqual(['1', '2', '3', '4']);
  expect(await registry.tags({ ...IMAGE, tag: '9' })).toEqual(['1', '2', '3', '4']);
  expect(lines()).toEqual([`${URL}?n=1000`, `${URL}?last=2&n=1000`, `${URL}?last=3`]);
});

it('takes the query of a Link alone, so that it leads nowhere else', async () => {
  const { registry, lines } = await startRegistries({
    [URL]: [page(['1'], '<https://evil.example/steal?x=1>; rel="next"'), page(['2'])],
  });
  expect(await registry.tags(IMAGE)).toEqual(['1', '2']);
  expect(lines()[1]).toBe(`${URL}?x=1`);
});

it.each([
  ['the same page again', '</v2/a/b/tags/list?n=1000>; rel="next"', 1],
  ['pages without end', null, 100],
])('ends at %s', async (_, link, pages) => {
  let count = 0;
  const { registry, lines } = await startRegistries({
    [URL]: () => page([`t${count}`], link ?? `</x?last=${(count += 1)}>; rel="next"`),
  });
  expect(await registry.tags(IMAGE)).toHaveLength(pages);
  expect(lines()).toHaveLength(pages);
});

it('keeps at most 50,000', async () => {
  const many = (from: number): string[] => Array.from({ length: 30_000 }, (_, at) => `t${from + at}`);
  const { registry } = await startRegistries({
    [URL]: [
      page(many(0), '<?last=1>; rel="next"'),
      page(many(30_000), '<?last=2>; rel="next"'),
      page(['never']),
    ],
  });
  expect(await registry.tags(IMAGE)).toHaveLength(50_000);
});

it('leaves out what is no tag', async () => {
  const { registry } = await startRegistries({
    [URL]: page(['ok', '', '-x', 'a b', 'a\n', 5, null, 'x'.repeat(129)]),
  });
  expect(await registry.tags(IMAGE)).toEqual(['ok']);
});

it('knows a repository without tags', async () => {
  const { registry } = await startRegistries({ [URL]: page(null) });
  expect(await registry.tags(IMAGE)).toEqual([]);
});

it.each([
  [{ status: 404 }, 'image-not-found', 'no such repository'],
  [{ body: '<html>' }, 'manifest-invalid', 'is not understood'],
  [{ body: '{"tags":"x"}' }, 'manifest-invalid', 'is not understood'],
  [{ body: '[]' }, 'manifest-invalid', 'is not understood'],
  [{ body: Buffer.alloc(9 * 1024 * 1024, ' ') }, 'too-large', 'more than 8388608 bytes'],
  [{ status: 418 }, 'registry-unreachable', 'answered 418'],
])('%j is an error', async (reply, code, told) => {
  const { registry } = await startRegistries({ [URL]: reply });
  const error = await failureOf(registry.tags(IMAGE));
  expect(error.code).toBe(code);
  expect(error.message).toContain(told);
  expect(error.message).toContain('ghcr.io/a/b:1');
});
