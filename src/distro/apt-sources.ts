/** Which repositories apt in an image is set up for (sources.list(5)). Pure. */
import { aptText, partsOf, type AptFiles } from './apt-files.ts';
import { controlParagraphs, readFlag, wordsOf, type ControlFields } from './deb-control.ts';
import { readListLine } from './apt-list-line.ts';
import type { PackageSource } from './model.ts';

export interface AptSource extends PackageSource {
  readonly kind: 'deb';
  /** False: the source itself says that its indexes may be older than they say (snapshots). */
  readonly checkValidUntil: boolean;
  /** The same place's other architectures are further sources. */
}

/** One stanza or line before its URIs, suites and architectures are multiplied out. */
export interface SourceStanza {
  readonly uris: readonly string[];
  readonly suites: readonly string[];
  readonly components: readonly string[];
  /** Empty: all that the image is set up for. */
  readonly architectures: readonly string[];
  readonly trusted: boolean;
  readonly checkValidUntil: boolean;
  readonly signedBy: readonly string[];
  readonly namedIn: string;
}

export interface AptSources {
  /** One for each URI, suite and architecture; components together. Without doubles. */
  readonly sources: readonly AptSource[];
  /** What was left out, and why, for people. */
  readonly notes: readonly string[];
}

/** Threat: a stanza of a thousand URIs, suites and architectures each. */
const MAX_SOURCES = 400;
const MAX_STANZAS = 400;

/**
 * @param architectures the image's own first, then foreign ones.
 */
export function readAptSources(files: AptFiles, architectures: readonly string[]): AptSources {
  const notes = new Set<string>();
  const stanzas: SourceStanza[] = [];
  const lists = partsOf(files, 'etc/apt/sources.list.d', (name) => name.endsWith('.list'));
  for (const path of ['etc/apt/sources.list', ...lists]) {
    for (const line of aptText(files, path).split('\n')) {
      const read = readListLine(line, path);
      if (typeof read === 'string') notes.add(read);
      else if (read !== null) stanzas.push(read);
    }
  }
  for (const path of partsOf(files, 'etc/apt/sources.list.d', (name) => name.endsWith('.sources'))) {
    for (const fields of controlParagraphs(aptText(files, path), { comments: true, only: null })) {
      const stanza = readStanza(fields, path);
      if (stanza !== null) stanzas.push(stanza);
    }
  }
  const found = new Map<string, AptSource>();
  for (const stanza of stanzas.slice(0, MAX_STANZAS)) {
    for (const source of sourcesOf(stanza, architectures, notes)) {
      const key = `${source.url} ${source.suite} ${source.architecture}`;
      const known = found.get(key);
      if (known === undefined && found.size >= MAX_SOURCES) {
        notes.add(`More than ${MAX_SOURCES} package sources are named; the others were left out.`);
        break;
      }
      found.set(key, known === undefined ? source : joined(known, source));
    }
  }
  return { sources: [...found.values()], notes: [...notes] };
}

function joined(a: AptSource, b: AptSource): AptSource {
  return {
    ...a,
    components: [...new Set([...a.components, ...b.components])],
    signedBy: a.signedBy.length > 0 ? a.signedBy : b.signedBy,
  };
}

/** The deb822 style: `Types`, `URIs`, `Suites`, `Components`. */
function readStanza(fields: ControlFields, namedIn: string): SourceStanza | null {
  const get = (name: string): string | undefined => fields.get(name);
  if (!wordsOf(get('types')).includes('deb') || readFlag(get('enabled')) === false) return null;
  return {
    uris: wordsOf(get('uris') ?? get('uri')),
    suites: wordsOf(get('suites') ?? get('suite')),
    components: wordsOf(get('components') ?? get('component')),
    architectures: architecturesOf(fields),
    trusted: readFlag(get('trusted')) === true,
    checkValidUntil: readFlag(get('check-valid-until')) !== false,
    signedBy: readSignedBy(get('signed-by') ?? ''),
    namedIn,
  };
}

function architecturesOf(fields: ControlFields): readonly string[] {
  return wordsOf(fields.get('architectures')).flatMap((word) => word.split(','));
}

/**
 * Paths and fingerprints, parted by blanks or commas; or a key itself, whose empty lines are written as dots.
 */
function readSignedBy(text: string): readonly string[] {
  if (!text.includes('-----BEGIN PGP')) return text.split(/[\s,]+/u).filter((word) => word !== '');
  const lines = text.split('\n').map((line) => (line.trim() === '.' ? '' : line.trim()));
  return [lines.join('\n')];
}

function sourcesOf(
  stanza: SourceStanza,
  architectures: readonly string[],
  notes: Set<string>,
): readonly AptSource[] {
  const found: AptSource[] = [];
  const own = stanza.architectures.length > 0 ? stanza.architectures : architectures;
  const { components, trusted, checkValidUntil, signedBy, namedIn } = stanza;
  for (const uri of stanza.uris) {
    const url = readUri(uri);
    if (url === null) {
      notes.add(`${namedIn}: ${shown(uri)} was left out: only packages from http and https are looked up.`);
      continue;
    }
    for (const written of stanza.suites) {
      for (const architecture of own) {
        // A source for other architectures than the image's offers nothing that is installed.
        if (!architectures.includes(architecture)) continue;
        const suite = written.replaceAll('$(ARCH)', architecture);
        if (!isSuite(suite) || (suite.endsWith('/') ? components.length > 0 : components.length === 0)) {
          notes.add(`${namedIn}: the suite ${shown(suite)} was left out: apt would not understand it.`);
          continue;
        }
        found.push({
          kind: 'deb',
          url,
          suite,
          components: components.filter(isComponent),
          architecture,
          namedIn,
          trusted,
          signedBy,
          checkValidUntil,
        });
      }
    }
  }
  return found;
}

/** Threat: a user name and password of somebody else's image must not be shown, nor sent. */
function readUri(text: string): string | null {
  const url = URL.parse(text);
  if (url === null || (url.protocol !== 'http:' && url.protocol !== 'https:')) return null;
  if (url.username !== '' || url.password !== '' || url.search !== '' || url.hash !== '') return null;
  return `${url.protocol}//${url.host}${url.pathname}`.replace(/\/+$/u, '');
}

function isSuite(text: string): boolean {
  return /^[A-Za-z0-9._+~/-]{1,200}$/u.test(text) && !text.split('/').includes('..');
}

function isComponent(text: string): boolean {
  return isSuite(text) && !text.startsWith('/');
}

function shown(text: string): string {
  return text
    .replaceAll(/\/\/[^/@\s]*@/gu, '//…@')
    .replaceAll(/[^\x21-\x7E…]/gu, '?')
    .slice(0, 120);
}
