/** `updateinfo.xml`: the advisories of a repository, kept small, by the packages that they name. Pure. */
import { isWord } from '../images/package-words.ts';
import { createRecordWriter, RECORD_LIMITS, type RecordLimits, type RecordStore } from './repo-store.ts';
import { versionOf, type RpmReader } from './rpm-primary.ts';
import { createXmlReader } from './rpm-xml.ts';

/** One package of one advisory. */
export interface RpmAdvice {
  readonly name: string;
  readonly arch: string;
  readonly version: string;
  /** `RHSA-2024:1234`. */
  readonly id: string;
  readonly security: boolean;
  /** ISO 8601; null: not told. */
  readonly issued: string | null;
}

export function createUpdateinfoReader(limits: RecordLimits = RECORD_LIMITS): RpmReader<RecordStore> {
  const writer = createRecordWriter(limits);
  let advisory = { id: '', type: '', issued: '' };
  let depth = 0;
  const reader = createXmlReader({
    wantsText: (name) => name === 'id',
    open(name, attribute) {
      depth += 1;
      if (name === 'update') advisory = { id: '', type: attribute('type'), issued: '' };
      else if (name === 'issued') {
        advisory = {
          ...advisory,
          issued: attribute('date')
            .replaceAll(/[^\d\-: TZ.]/gu, '')
            .slice(0, 40),
        };
      } else if (name === 'package') {
        const [own, arch] = [attribute('name'), attribute('arch')];
        const version = versionOf(attribute('epoch'), attribute('version'), attribute('release'));
        if (own === '' || !isWord(own) || !isWord(arch) || !isWord(version) || advisory.id === '') return;
        writer.put(own, [
          own,
          arch,
          version,
          advisory.id,
          advisory.type === 'security' ? 's' : '',
          advisory.issued,
        ]);
      }
    },
    close(name, text) {
      depth -= 1;
      // `<updates><update><id>`: others have an id too.
      if (name === 'id' && depth === 2) advisory = { ...advisory, id: isWord(text) ? text : '' };
    },
  });
  return {
    write: (chunk) => reader.write(chunk),
    end() {
      reader.end();
      return writer.end();
    },
  };
}

/** From what the reader stored. */
export function readStoredAdvice(words: readonly string[]): RpmAdvice {
  const [name = '', arch = '', version = '', id = '', security = '', issued = ''] = words;
  return { name, arch, version, id, security: security === 's', issued: readDate(issued) };
}

/** `2024-05-01 10:11:12`, `2024-05-01`, or seconds since 1970, all in UTC. */
function readDate(text: string): string | null {
  if (/^\d{9,11}$/u.test(text)) return new Date(Number(text) * 1000).toISOString();
  const match = /^(\d{4}-\d{2}-\d{2})(?:[ T](\d{2}:\d{2})(:\d{2})?)?/u.exec(text);
  if (match === null) return null;
  const time = Date.parse(`${match[1] ?? ''}T${match[2] ?? '00:00'}${match[3] ?? ':00'}Z`);
  return Number.isNaN(time) ? null : new Date(time).toISOString();
}
