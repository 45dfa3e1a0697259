/** Images that a Compose file names: `image` of a service, and those of `build.dockerfile_inline`. Pure; never throws. */
import { commentAfter, commentsAbove, type Lines } from './comments.ts';
import { findInDockerfile } from './dockerfile-pins.ts';
import { expand } from './expand.ts';
import { leftBuilt, leftScattered } from './left.ts';
import { lineAt, lineStarts } from './located-text.ts';
import { leftMention, mentionOf, type Named } from './mention.ts';
import type { ImageMention, Span } from './model.ts';
import {
  entriesOf,
  openYaml,
  spanInFile,
  textOf,
  valueAt,
  type YamlSource,
  type YamlText,
} from './yaml-source.ts';

const PLATFORM = /^[a-z0-9]+\/[a-z0-9_]+(?:\/[a-z0-9.]+)?$/iu;
/** Threat: a file of a hundred thousand services. */
const MOST_SERVICES = 500;

/**
 * Reads a Compose file. The image of a service that is built from the repository is the name that the build gets: it is
 * left alone. One text that several services share by an anchor is one mention.
 * @returns in the order of the file.
 */
export function findInCompose(path: string, file: string): readonly ImageMention[] {
  const source = openYaml(file);
  if (source === null) return [];
  const lines: Lines = { file, starts: lineStarts(file) };
  const found = new Map<number, ImageMention>();
  const inlines = new Map<number, readonly ImageMention[]>();
  const services = [...entriesOf(source, valueAt(source, source.root, 'services'))].slice(0, MOST_SERVICES);
  for (const [name, service] of services) {
    const image = textOf(source, valueAt(source, service, 'image'));
    const build = valueAt(source, service, 'build');
    if (image !== null) {
      const named = nameOf(path, lines, image, platformOf(source, service));
      const mention = build === null ? mentionOf(named) : leftMention(named, leftBuilt(name));
      found.set(image.start, agree(found.get(image.start), mention));
    }
    const inline = textOf(source, valueAt(source, build, 'dockerfile_inline'));
    if (inline !== null && !inlines.has(inline.start))
      inlines.set(inline.start, inlineDockerfile(path, lines, inline));
  }
  return [...found.values(), ...[...inlines.values()].flat()].sort((a, b) => a.line - b.line);
}

function nameOf(path: string, lines: Lines, image: YamlText, platform: string | null): Named {
  return {
    path,
    line: lineAt(lines.starts, image.start),
    where: 'compose image',
    written: image.text,
    expanded: expand(image, () => undefined, { of: 'compose' }),
    platform,
    comments: [...commentAfter(lines, image.end), ...commentsAbove(lines, image.start)],
    owns: () => false,
  };
}

/** Without places there is nothing to edit. */
function inPlace(mention: ImageMention, text: YamlText): ImageMention {
  if (text.inPlace || mention.left !== null || mention.reference.digest === null) return mention;
  return { ...mention, left: leftScattered(mention.reference.text) };
}

function platformOf(source: YamlSource, service: unknown): string | null {
  const text = textOf(source, valueAt(source, service, 'platform'))?.text;
  return text !== undefined && PLATFORM.test(text) ? text.toLowerCase() : null;
}

/** Two services with one text: built by one of them it stays alone; for two platforms it is for any. */
function agree(before: ImageMention | undefined, now: ImageMention): ImageMention {
  if (before === undefined) return now;
  const kept = before.left === null ? now : before;
  return before.platform === now.platform ? kept : { ...kept, platform: null };
}

function inlineDockerfile(path: string, lines: Lines, inline: YamlText): readonly ImageMention[] {
  const starts = lineStarts(inline.text);
  return findInDockerfile(path, inline.text).map((mention) => {
    const start = inline.at[starts[mention.line - 1] ?? 0] ?? inline.start;
    const line = lineAt(lines.starts, start);
    const moved = {
      ...mention,
      line,
      digestSpan: moveSpan(inline, mention.digestSpan),
      tagSpan: moveSpan(inline, mention.tagSpan),
      insertAt:
        mention.insertAt === null
          ? null
          : (spanInFile(inline, mention.insertAt - 1, mention.insertAt)?.end ?? null),
    };
    return inPlace(moved, inline);
  });
}

function moveSpan(text: YamlText, span: Span | null): Span | null {
  return span === null ? null : spanInFile(text, span.start, span.end);
}
