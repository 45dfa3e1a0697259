/** Repositories of RPM packages as tests make them: `repomd.xml` and what it names, by a small writer of our own. */
import { createHash } from 'node:crypto';
import { gzipSync } from 'node:zlib';

export interface MadeRpm {
  readonly name: string;
  /** `[epoch:]version-release`. */
  readonly version: string;
  readonly arch?: string;
  readonly source?: string;
  /** Seconds since 1970 when its file was made. */
  readonly made?: number;
  /** `name` or `name < 2.0-1`. */
  readonly obsoletes?: readonly string[];
}

export interface MadeAdvisory {
  readonly id: string;
  readonly type: string;
  readonly issued?: string;
  readonly packages: readonly MadeRpm[];
}

export interface RpmVersion {
  readonly epoch: string;
  readonly version: string;
  readonly release: string;
}

export function partsOf(text: string): RpmVersion {
  const match = /^(?:(\d+):)?([^-]+)(?:-(.+))?$/u.exec(text);
  return { epoch: match?.[1] ?? '0', version: match?.[2] ?? '', release: match?.[3] ?? '' };
}

const HEAD = '<?xml version="1.0" encoding="UTF-8"?>\n';
const FLAGS: Readonly<Record<string, string>> = { '<': 'LT', '<=': 'LE', '=': 'EQ', '>=': 'GE', '>': 'GT' };

export function primaryXml(packages: readonly MadeRpm[]): string {
  const all = packages.map(({ name, version, arch = 'x86_64', source, made = 0, obsoletes = [] }) => {
    const parts = partsOf(version);
    const entries = obsoletes.map((each) => {
      const [other = '', operator = '', wanted = ''] = each.split(' ');
      const { epoch, version: ver, release } = partsOf(wanted);
      return operator === ''
        ? `<rpm:entry name="${other}"/>`
        : `<rpm:entry name="${other}" flags="${FLAGS[operator]}" epoch="${epoch}" ver="${ver}"${release === '' ? '' : ` rel="${release}"`}/>`;
    });
    return `<package type="rpm">
  <name>${name}</name>
  <arch>${arch}</arch>
  <version epoch="${parts.epoch}" ver="${parts.version}" rel="${parts.release}"/>
  <checksum type="sha256" pkgid="YES">00</checksum>
  <summary>made &amp; <![CDATA[<for>]]> a test</summary>
  <time file="${made}" build="${made}"/>
  <location href="Packages/${name}.rpm"/>
  <format>
    <rpm:license>MIT</rpm:license>
    <rpm:sourcerpm>${source ?? name}-${parts.version}-${parts.release}.src.rpm</rpm:sourcerpm>
    <rpm:provides><rpm:entry name="${name}" flags="EQ" epoch="0" ver="1"/></rpm:provides>
    ${entries.length === 0 ? '' : `<rpm:obsoletes>${entries.join('')}</rpm:obsoletes>`}
    <file>/usr/bin/${name}</file>
  </format>
</package>`;
  });
  return `${HEAD}<metadata xmlns="http://linux.duke.edu/metadata/common" xmlns:rpm="http://linux.duke.edu/metadata/rpm" packages="${packages.length}">
${all.join('\n')}
</metadata>\n`;
}

export function updateinfoXml(advisories: readonly MadeAdvisory[]): string {
  const all = advisories.map(({ id, type, issued, packages }) => {
    const named = packages.map(({ name, version, arch = 'x86_64' }) => {
      const { epoch, version: ver, release } = partsOf(version);
      return `<package name="${name}" version="${ver}" release="${release}" epoch="${epoch}" arch="${arch}"><filename>${name}-${ver}-${release}.${arch}.rpm</filename></package>`;
    });
    return `<update from="test@example.com" status="final" type="${type}" version="1">
  <id>${id}</id>
  <title>${id}</title>
  ${issued === undefined ? '' : `<issued date="${issued}"/>`}
  <references><reference href="https://example.com/" id="CVE-2026-1" type="cve" title="x"/></references>
  <description>text</description>
  <pkglist><collection short="c"><name>c</name>${named.join('')}</collection></pkglist>
</update>`;
  });
  return `${HEAD}<updates>\n${all.join('\n')}\n</updates>\n`;
}

export interface MadeRepository {
  readonly packages: readonly MadeRpm[];
  /** Absent: it publishes none. */
  readonly advisories?: readonly MadeAdvisory[];
  /** gzip unless told. */
  readonly pack?: (content: Buffer) => Buffer;
  readonly end?: string;
  readonly timestamp?: number;
}

/** Its files by their path below the repository. */
export function makeRepository(made: MadeRepository): Map<string, Buffer> {
  const { packages, advisories, pack = gzipSync, end = '.gz', timestamp = 1_793_000_000 } = made;
  const files = new Map<string, Buffer>();
  const data = [
    ['primary', primaryXml(packages)] as const,
    ...(advisories === undefined ? [] : [['updateinfo', updateinfoXml(advisories)] as const]),
  ].map(([type, text]) => {
    const content = Buffer.from(text);
    const packed = pack(content);
    const digest = sha256(packed);
    const path = `repodata/${digest}-${type}.xml${end}`;
    files.set(path, packed);
    return `<data type="${type}">
    <checksum type="sha256">${digest}</checksum>
    <open-checksum type="sha256">${sha256(content)}</open-checksum>
    <location href="${path}"/>
    <timestamp>${timestamp}</timestamp>
    <size>${packed.length}</size>
    <open-size>${content.length}</open-size>
  </data>`;
  });
  const repomd = `${HEAD}<repomd xmlns="http://linux.duke.edu/metadata/repo">
  <revision>${timestamp}</revision>
  ${data.join('\n  ')}
</repomd>\n`;
  return files.set('repodata/repomd.xml', Buffer.from(repomd));
}

export function metalinkXml(urls: readonly string[], repomd: Buffer): string {
  return `${HEAD}<metalink version="3.0" xmlns="http://www.metalinker.org/" xmlns:mm0="http://fedorahosted.org/mirrormanager">
 <files><file name="repomd.xml">
  <mm0:timestamp>1</mm0:timestamp>
  <verification><hash type="md5">00</hash><hash type="sha256">${sha256(repomd)}</hash></verification>
  <mm0:alternates><mm0:alternate><verification><hash type="sha256">${'0'.repeat(64)}</hash></verification></mm0:alternate></mm0:alternates>
  <resources maxconnections="1">${urls.map((url, at) => `<url protocol="http" type="http" location="DE" preference="${100 - at}">${url}</url>`).join('')}</resources>
 </file></files>
</metalink>\n`;
}

function sha256(bytes: Buffer): string {
  return createHash('sha256').update(bytes).digest('hex');
}
