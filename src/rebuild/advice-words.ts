/** Text of a repository inside advice. Pure. */

const LONGEST = 100;

/** As code on one line. Threat: a name with back quotes or line breaks would end it and go on as Markdown. */
export function quoted(text: string): string {
  const plain = text.replaceAll(/[`\p{C}\p{Zl}\p{Zp}]+/gu, ' ').trim();
  return `\`${plain.length > LONGEST ? `${plain.slice(0, LONGEST)}…` : plain}\``;
}
