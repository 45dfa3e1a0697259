/** Content negotiation of a simple index (PEP 691). Pure. */

export interface PageForm {
  readonly html: boolean;
  /** Value of the Content-Type header. */
  readonly type: string;
}

const JSON_TYPE = 'application/vnd.pypi.simple.v1+json';
const HTML_TYPE = 'application/vnd.pypi.simple.v1+html';

const FORMS: ReadonlyMap<string, PageForm> = new Map([
  [JSON_TYPE, { html: false, type: JSON_TYPE }],
  ['application/vnd.pypi.simple.latest+json', { html: false, type: JSON_TYPE }],
  [HTML_TYPE, { html: true, type: HTML_TYPE }],
  ['application/vnd.pypi.simple.latest+html', { html: true, type: HTML_TYPE }],
  ['text/html', { html: true, type: 'text/html; charset=utf-8' }],
  ['text/*', { html: true, type: 'text/html; charset=utf-8' }],
  // A client that does not say may be older than PEP 691.
  ['*/*', { html: true, type: 'text/html; charset=utf-8' }],
]);

/**
 * The form that an Accept header likes best (the first one of equals); HTML where there is no such header.
 * @returns null when it accepts none of the forms.
 */
export function acceptedForm(accept: string | undefined): PageForm | null {
  let best: PageForm | null = null;
  let bestQuality = 0;
  for (const part of (accept ?? '*/*').slice(0, 2000).split(',')) {
    const [type = '', ...parameters] = part.split(';').map((text) => text.trim().toLowerCase());
    const form = FORMS.get(type);
    const given = parameters.find((parameter) => parameter.startsWith('q='));
    const quality = given === undefined ? 1 : Number(given.slice(2));
    if (form !== undefined && quality > bestQuality) {
      best = form;
      bestQuality = quality;
    }
  }
  return best;
}
