/** Images that a Compose file builds. Whether they are published is not in it. Pure; never throws. */
import { lineAt, lineStarts } from '../images/located-text.ts';
import { entriesOf, openYaml, textOf, valueAt } from '../images/yaml-source.ts';
import { folderOf, resolveInside } from '../locks/tree.ts';
import type { FoundBuild } from './model.ts';
import { chooseReference } from './references.ts';

const MOST_SERVICES = 200;

/** Services with `build`, in the order of the file. */
export function readCompose(path: string, file: string): readonly FoundBuild[] {
  const source = openYaml(file);
  if (source === null) return [];
  const starts = lineStarts(file);
  const services = [...entriesOf(source, valueAt(source, source.root, 'services')).values()];
  return services.slice(0, MOST_SERVICES).flatMap((service) => {
    const build = valueAt(source, service, 'build');
    if (build === null) return [];
    const short = textOf(source, build)?.text;
    const said = (key: string): string | undefined => textOf(source, valueAt(source, build, key))?.text;
    if (said('dockerfile_inline') !== undefined) return [];
    const context = insideOf(folderOf(path), short ?? said('context') ?? '.');
    const image = textOf(source, valueAt(source, service, 'image'))?.text ?? null;
    const { ref } = chooseReference(image === null || image.includes('$') ? [] : [image]);
    return [
      {
        path,
        line: lineAt(starts, build.range?.[0] ?? 0),
        ref,
        certain: false,
        pushes: null,
        context,
        dockerfile: context === null ? null : insideOf(context, said('dockerfile') ?? 'Dockerfile'),
        platforms: [],
      },
    ];
  });
}

/** null: elsewhere, an address, or computed. */
function insideOf(folder: string, path: string): string | null {
  return path.includes('$') || path.includes('://') ? null : resolveInside(folder, path);
}
