/** The page of an index as one client's view shows it, made from the one that all clients share. */
import { Readable } from 'node:stream';
import type { Answer } from './cached-fetch.ts';
import type { IndexPage } from './index-pages.ts';
import type { ProjectView } from './index-view.ts';
import { filesOfPage } from './named-files.ts';
import { packPage, type PackedPage } from './packed-page.ts';
import { readHtmlPage } from './page-html.ts';
import { pageInView, type AgeLimit } from './page-view.ts';
import type { BodyReader } from './read-body.ts';
import { readSimplePage, simplePageHtml, simplePageJson } from './simple-page.ts';

export interface Narrowing {
  /** Normalised name. */
  readonly project: string;
  readonly view: ProjectView;
  /** null: nothing is hidden for its age. */
  readonly age: AgeLimit | null;
}

/**
 * @param whole the page with all its files.
 * @throws {Error} when too much is read at once.
 */
export async function narrowPage(
  whole: IndexPage,
  { project, view, age }: Narrowing,
  bodies: BodyReader,
): Promise<IndexPage> {
  if (whole.kind === 'status') return whole;
  // Of a page without upload times nothing is hidden for its age: who asks decides whether it may be shown.
  const limit = whole.isUndated ? null : age;
  if (view.shown === null && limit === null) return whole;
  return await bodies.read(packedAnswer(whole.content), async (body) => {
    const text = body.toString('utf8');
    const isJson = whole.form === 'json';
    const read = isJson
      ? readSimplePage(text, project, whole.address)
      : readHtmlPage(text, project, whole.address);
    if (read === null) throw new Error('The kept page is broken.');
    const page = pageInView(read, view, limit);
    return {
      ...whole,
      contentType: isJson ? whole.contentType : 'text/html; charset=utf-8',
      content: await packPage(Buffer.from(isJson ? simplePageJson(page) : simplePageHtml(page))),
      files: filesOfPage(page),
    };
  });
}

/** A kept page as if it had just come: large ones are then read in turn. */
function packedAnswer({ zipped }: PackedPage): Answer {
  return {
    status: 200,
    reason: '',
    headers: ['content-encoding', 'gzip'],
    body: Readable.from([zipped]),
    done: () => undefined,
  };
}
