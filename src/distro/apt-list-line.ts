/** One line of `sources.list` in its old style: `deb [options] uri suite component…`. Pure. */
import { readFlag } from './deb-control.ts';
import type { SourceStanza } from './apt-sources.ts';

/** @returns null for what is no `deb` line; a text for people where one was left out. */
export function readListLine(line: string, namedIn: string): SourceStanza | string | null {
  const text = line.replace(/#.*$/u, '').trim();
  if (!/^deb\s/u.test(text)) return null;
  const match = /^deb\s+(?:\[([^\]]*)\]\s*)?(\[[^\]]*\]\S*|\S+)\s+(\S+)(?:\s+(\S.*))?$/u.exec(text);
  const uri = match?.[2];
  const suite = match?.[3];
  if (match === null || uri === undefined || suite === undefined) {
    return `${namedIn}: a line was left out: apt would not understand it.`;
  }
  const options = readOptions(match[1] ?? '');
  return {
    uris: [uri],
    suites: [suite],
    components: (match[4] ?? '').split(/\s+/u).filter((word) => word !== ''),
    architectures: listOf(options.get('arch')),
    trusted: readFlag(options.get('trusted')) === true,
    checkValidUntil: readFlag(options.get('check-valid-until')) !== false,
    signedBy: listOf(options.get('signed-by')),
    namedIn,
  };
}

/** `arch=amd64,i386 signed-by=/usr/share/keyrings/x.gpg`. */
function readOptions(text: string): ReadonlyMap<string, string> {
  const options = new Map<string, string>();
  for (const word of text.split(/\s+/u)) {
    const equals = word.indexOf('=');
    if (equals > 0) options.set(word.slice(0, equals).toLowerCase(), word.slice(equals + 1));
  }
  return options;
}

function listOf(text: string | undefined): readonly string[] {
  return (text ?? '').split(',').filter((word) => word !== '');
}
