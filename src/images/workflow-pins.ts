/** Images that GitHub's workflows and actions name: container, services, `docker://`. Pure; never throws. */
import { commentAfter, commentsAbove, type Lines } from './comments.ts';
import { lineAt, lineStarts, sliceOf } from './located-text.ts';
import { mentionOf, plainText } from './mention.ts';
import type { ImageMention, MentionPlace } from './model.ts';
import {
  entriesOf,
  itemsOf,
  openYaml,
  textOf,
  valueAt,
  type YamlSource,
  type YamlNode,
  type YamlText,
} from './yaml-source.ts';

const DOCKER = 'docker://';
/** Threat: a file of a hundred thousand steps. */
const MOST_MENTIONS = 1000;

interface Reader extends Lines {
  readonly path: string;
  readonly source: YamlSource;
}

/** Reads a workflow, `.github/workflows/*.yml`. What an expression computes is found, and left alone. */
export function findInWorkflow(path: string, file: string): readonly ImageMention[] {
  const source = openYaml(file);
  if (source === null) return [];
  const reader: Reader = { path, file, starts: lineStarts(file), source };
  const found: ImageMention[] = [];
  for (const job of entriesOf(source, valueAt(source, source.root, 'jobs')).values()) {
    if (found.length >= MOST_MENTIONS) break;
    const container = valueAt(source, job, 'container');
    found.push(...name(reader, 'workflow container', container));
    found.push(...name(reader, 'workflow container', valueAt(source, container, 'image')));
    for (const service of entriesOf(source, valueAt(source, job, 'services')).values()) {
      found.push(...name(reader, 'workflow service', valueAt(source, service, 'image')));
    }
    found.push(...steps(reader, job));
  }
  return once(found);
}

/** Reads the `action.yml` of an action: `runs.image`, and the steps of a composite one. */
export function findInAction(path: string, file: string): readonly ImageMention[] {
  const source = openYaml(file);
  if (source === null) return [];
  const reader: Reader = { path, file, starts: lineStarts(file), source };
  const runs = valueAt(source, source.root, 'runs');
  return once([
    ...docker(reader, 'action runs.image', valueAt(source, runs, 'image')),
    ...steps(reader, runs),
  ]);
}

function steps(reader: Reader, job: YamlNode | null): readonly ImageMention[] {
  return itemsOf(reader.source, valueAt(reader.source, job, 'steps'))
    .slice(0, MOST_MENTIONS)
    .flatMap((step) => docker(reader, 'docker:// step', valueAt(reader.source, step, 'uses')));
}

/** Anything else than `docker://` is an action, or a Dockerfile of the repository. */
function docker(reader: Reader, where: MentionPlace, node: YamlNode | null): readonly ImageMention[] {
  const text = textOf(reader.source, node);
  if (text === null || !text.text.startsWith(DOCKER) || text.text === DOCKER) return [];
  return mention(reader, where, { ...text, ...sliceOf(text, DOCKER.length) });
}

function name(reader: Reader, where: MentionPlace, node: YamlNode | null): readonly ImageMention[] {
  const text = textOf(reader.source, node);
  if (text === null || text.text === '') return [];
  return text.text.startsWith(DOCKER) ? docker(reader, where, node) : mention(reader, where, text);
}

function mention(reader: Reader, where: MentionPlace, text: YamlText): readonly ImageMention[] {
  const found = mentionOf({
    path: reader.path,
    line: lineAt(reader.starts, text.start),
    where,
    written: text.text,
    expanded: plainText(text),
    platform: null,
    comments: [...commentAfter(reader, text.end), ...commentsAbove(reader, text.start)],
    owns: () => false,
  });
  return [found];
}

/** A text that an anchor brings to several jobs is one mention. */
function once(mentions: readonly ImageMention[]): readonly ImageMention[] {
  const seen = new Set<string>();
  return mentions
    .filter(({ line, where, reference, digestSpan, insertAt }) => {
      const key = JSON.stringify([line, where, reference.text, digestSpan?.start, insertAt]);
      if (seen.has(key)) return false;
      seen.add(key);
      return true;
    })
    .sort((a, b) => a.line - b.line);
}
