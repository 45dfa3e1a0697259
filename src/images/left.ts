/** Why an image is left alone, in the words that the reader sees. Pure. */
import type { Reason } from '../reason.ts';

/** Threat: what is quoted comes from a stranger's file. */
function quoted(text: string): string {
  const plain = text.replaceAll(/[\p{Cc}\s`]+/gu, ' ').trim();
  return plain.length > 80 ? `${plain.slice(0, 80)}…` : plain;
}

function left(code: Reason['code'], message: string, fix = ''): Reason {
  return { code, message, fix, detail: '' };
}

export function leftScratch(): Reason {
  return left('unsupported-kind', '`scratch` is an empty image: there is nothing to move.');
}

export function leftStage(name: string): Reason {
  return left('unsupported-kind', `\`${quoted(name)}\` is a stage of this Dockerfile.`);
}

export function leftVariable(written: string, variable: string): Reason {
  return left(
    'unsupported-kind',
    `\`${quoted(written)}\` depends on \`${quoted(variable)}\`, which has no value in this file.`,
    'Give the variable a default, or write the image out.',
  );
}

export function leftExpression(written: string): Reason {
  return left(
    'unsupported-kind',
    `\`${quoted(written)}\` is computed when the workflow runs.`,
    'Write the image out where it is to be kept fresh.',
  );
}

export function leftUnread(written: string): Reason {
  return left(
    'unsupported-kind',
    `\`${quoted(written)}\` is not an image reference.`,
    'See that name, tag and digest are spelt as `docker pull` takes them.',
  );
}

export function leftBuilt(service: string): Reason {
  return left(
    'unsupported-kind',
    `The service \`${quoted(service)}\` builds this image itself; the name is what it is given.`,
  );
}

/** The digest is there, but not in one piece of this file. */
export function leftScattered(written: string): Reason {
  return left(
    'unsupported-kind',
    `The digest of \`${quoted(written)}\` does not stand in one piece: a line continuation, an escape or a fold parts it.`,
    'Write the digest in one piece.',
  );
}

export function leftShared(written: string): Reason {
  return left(
    'unsupported-kind',
    `The digest of \`${quoted(written)}\` is shared with another image through a variable.`,
    'Give each image a variable of its own.',
  );
}

export function leftUnpinnable(written: string): Reason {
  return left(
    'nothing-pinned',
    `\`${quoted(written)}\` cannot be pinned in place: its tag comes from a variable, and a digest beside it would make the variable mean nothing.`,
    'Put the whole reference into one variable, or write it out.',
  );
}

export function leftUnpinned(): Reason {
  return left(
    'nothing-pinned',
    'It has no digest.',
    'Write `pin = true` under `[images]` in .github/relock.toml to have digests added.',
  );
}

export function leftIgnoredFile(): Reason {
  return left('excluded-by-config', '`ignore` in .github/relock.toml covers the file.');
}

export function leftIgnoredImage(): Reason {
  return left('excluded-by-config', '`ignore` under `[images]` in .github/relock.toml covers it.');
}

export function leftNotSelected(): Reason {
  return left('not-selected', 'This run was asked for other files.');
}
