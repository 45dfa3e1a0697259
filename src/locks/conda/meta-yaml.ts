/** meta.yaml of conda-build, as conda-lock reads it: a template whose words Relock does not run. Pure. */
import { LockSyntaxError } from '../ecosystem.ts';
import { normaliseText } from '../tree.ts';
import { checkChannel, readChannels } from './environment.ts';
import { NOTHING_ASKED, type Source } from './source.ts';
import { readCondaSpec } from './spec.ts';
import { isMap, listAt, mapAt, readYaml, textsAt, type YamlNode } from './yaml.ts';

/**
 * What can be told without running the template: statements are left out, expressions stand for themselves. Where that
 * gives no YAML nothing is known of it, which is no fault: conda-lock reads it by itself.
 */
export function readMetaYaml(path: string, written: string): Source {
  const text = normaliseText(written);
  const plain = text
    .replaceAll(/^[ \t]*\{%[^\n]*%\}[ \t]*$/gmu, '')
    .replaceAll(/\{[%#][^\n}]{0,500}[%#]\}/gu, '')
    .replaceAll(/\{\{[^\n}]{0,500}\}\}/gu, 'x');
  const root = readOrNull(path, plain);
  if (root === null) return { ...NOTHING_ASKED, path };
  const outputs = [root, ...listAt(root, 'outputs')];
  const specs = outputs
    .flatMap((output) => [
      ...textsAt(mapAt(output, 'requirements'), 'host'),
      ...textsAt(mapAt(output, 'requirements'), 'run'),
      ...textsAt(mapAt(output, 'test'), 'requires'),
    ])
    .flatMap((line) => readCondaSpec(line) ?? []);
  const extraChannels = [...new Set(specs.flatMap(({ channel }) => channel ?? []))];
  for (const channel of extraChannels) checkChannel(path, text, channel);
  return {
    ...NOTHING_ASKED,
    path,
    channels: readChannels(path, text, mapAt(root, 'extra'), 'channels'),
    extraChannels,
    conda: new Set(specs.map(({ name }) => name)),
  };
}

function readOrNull(path: string, text: string): YamlNode | null {
  try {
    const root = readYaml(path, text);
    return isMap(root) ? root : null;
  } catch (error) {
    if (error instanceof LockSyntaxError) return null;
    throw error;
  }
}
