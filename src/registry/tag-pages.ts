/** A repository's tags, page by page: distribution-spec, "Content Discovery". */
import type { Wanted } from './endpoint.ts';
import { RegistryError } from './registry-error.ts';
import { refusedStatus, type Session } from './session.ts';

/** Asked for; registries give fewer, or all. */
const PAGE_SIZE = 1000;
const MAX_PAGES = 100;
const MAX_TAGS = 50_000;
const MAX_PAGE_BYTES = 8 * 1024 * 1024;

/**
 * @returns the tags in the registry's order, each once; what follows the caps is left out.
 * @throws {RegistryError}
 */
export async function readTags(session: Session, wanted: Wanted): Promise<readonly string[]> {
  const path = `/v2/${wanted.repository}/tags/list`;
  const tags = new Set<string>();
  const seen = new Set<string>();
  let query: string | null = `?n=${PAGE_SIZE}`;
  while (query !== null && seen.size < MAX_PAGES && tags.size < MAX_TAGS && !seen.has(query)) {
    seen.add(query);
    const answer = await session.ask(wanted, {
      kind: 'tags',
      target: path + query,
      headers: { accept: 'application/json' },
      maxBytes: MAX_PAGE_BYTES,
    });
    if (answer.status === 404 || answer.status === 410) {
      throw new RegistryError(
        'image-not-found',
        `The tags of ${wanted.image} cannot be listed: ${wanted.endpoint.name} has no such repository.`,
        'Look whether its name is right; registries also say so of images that only an account can see.',
      );
    }
    if (answer.status !== 200) throw refusedStatus(wanted, answer.status);
    for (const tag of tagsOf(answer.body, wanted)) if (tags.size < MAX_TAGS) tags.add(tag);
    query = nextQuery(answer.headers.link, path);
  }
  return [...tags];
}

function tagsOf(body: Buffer, wanted: Wanted): readonly string[] {
  let value: unknown;
  try {
    value = JSON.parse(body.toString('utf8'));
  } catch {
    value = null;
  }
  // A repository without tags has `null` there.
  const list = typeof value === 'object' && value !== null && 'tags' in value ? (value.tags ?? []) : null;
  if (!Array.isArray(list)) {
    throw new RegistryError(
      'manifest-invalid',
      `The tags of ${wanted.image} cannot be listed: the answer of ${wanted.endpoint.name} is not understood.`,
    );
  }
  return list.filter(
    (tag): tag is string => typeof tag === 'string' && /^[A-Za-z0-9_][A-Za-z0-9._-]{0,127}$/u.test(tag),
  );
}

/**
 * The query of the next page in a Link header (RFC 8288); null: this was the last one. Only its query is taken. Threat: a
 * Link to another host or path takes the credential there; and behind proxies registries write a scheme or a host of their
 * own there anyway.
 */
function nextQuery(header: string | string[] | undefined, path: string): string | null {
  const text = (Array.isArray(header) ? header.join(', ') : (header ?? '')).slice(0, 8192);
  for (const [, target = '', parameters = ''] of text.matchAll(/<([^<>]*)>([^<>]*)/gu)) {
    if (!/;\s*rel\s*=\s*"?next"?\s*(?:[;,]|$)/iu.test(parameters)) continue;
    const url = URL.parse(target, `https://registry.invalid${path}`);
    return url === null || url.search === '' ? null : url.search;
  }
  return null;
}
