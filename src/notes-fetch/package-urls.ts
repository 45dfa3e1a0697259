/** The labelled addresses of packages, asked for once for all that want them. */
import { labelledUrls, type LabelledUrl } from '../report/links.ts';
import type { ProjectUrls } from '../pypi/project-urls.ts';
import type { SimpleClient } from '../pypi/simple-client.ts';

/** Never throws; empty when the index tells none. */
export type PackageUrls = (name: string, version: string) => Promise<readonly LabelledUrl[]>;

/** The same page is asked for once, whoever asks. */
export function rememberProject(project: ProjectUrls): ProjectUrls {
  const asked = new Map<string, ReturnType<ProjectUrls>>();
  return (name) => {
    const known = asked.get(name) ?? project(name);
    asked.set(name, known);
    return known;
  };
}

/** The project's page first; where the index has none, the metadata of the very version (PEP 658). */
export function createPackageUrls(project: ProjectUrls, metadata: SimpleClient['metadata']): PackageUrls {
  return async (name, version) =>
    (await project(name)) ?? labelledUrls((await metadata(name, version)) ?? '');
}
