/** Takes secrets and this machine's folders out of what a child printed. Pure. */

export interface Redaction {
  /** Replaced by `***` wherever they stand, also as they look inside a URL or a JSON string. Empty ones are ignored. */
  readonly secrets: readonly string[];
  /** Absolute folders and what stands for them: `/tmp/x/checkout` -> `.`. */
  readonly folders: readonly { readonly folder: string; readonly as: string }[];
}

const HIDDEN = '***';
/** The scheme is bounded, and the part before `@` holds no `/`: one pass over any text. */
const URL_USER = /(?<scheme>\b[a-z][a-z0-9+.-]{0,20}:\/\/)(?<user>[^\s/?#'"<>]{1,2000})@/giu;

/**
 * @returns a function that redacts a text. A user part of a URL (`https://user:password@host`, a token before the `@`)
 *   always goes, whether it is a known secret or not; `ssh://git@` stays.
 */
export function createRedactor(redaction: Redaction): (text: string) => string {
  const secrets = [...new Set(redaction.secrets.flatMap(spellings))].sort((a, b) => b.length - a.length);
  const folders = redaction.folders
    .filter(({ folder }) => folder.length > 1)
    .sort((a, b) => b.folder.length - a.folder.length);
  return (text) => {
    let clean = text;
    for (const secret of secrets) clean = clean.replaceAll(secret, HIDDEN);
    clean = clean.replace(URL_USER, (...match) => {
      const { scheme, user } = match.at(-1) as { scheme: string; user: string };
      return user === 'git' ? `${scheme}git@` : `${scheme}${HIDDEN}@`;
    });
    for (const { folder, as } of folders) clean = replaceFolder(clean, folder, as);
    return clean;
  };
}

function spellings(secret: string): readonly string[] {
  if (secret === '') return [];
  const encoded = encodeURIComponent(secret.toWellFormed());
  return [
    secret,
    encoded,
    encoded.replace(/%[0-9A-F]{2}/gu, (hex) => hex.toLowerCase()),
    // As Python's quote and as form data have it.
    encoded.replace(/[!'()*]/gu, (sign) => `%${sign.charCodeAt(0).toString(16).toUpperCase()}`),
    encoded.replaceAll('%20', '+'),
    JSON.stringify(secret).slice(1, -1),
  ];
}

/** Only whole path components: `/tmp/a` is not taken out of `/tmp/ab`. */
function replaceFolder(text: string, folder: string, as: string): string {
  const parts: string[] = [];
  let start = 0;
  for (let at = text.indexOf(folder); at >= 0; at = text.indexOf(folder, at + folder.length)) {
    const end = at + folder.length;
    if (/^(?:[\w-]|\.\w)/u.test(text.slice(end, end + 2))) continue;
    parts.push(text.slice(start, at), as);
    start = end;
  }
  return start === 0 ? text : parts.join('') + text.slice(start);
}
