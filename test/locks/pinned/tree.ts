/** Trees made of texts, for tests of pure code. */
import type { Policy } from '../../../src/config/policy.ts';
import type { Facts } from '../../../src/locks/ecosystem.ts';
import type { Tree, TreeFile } from '../../../src/model.ts';

export const POLICY: Policy = {
  excludeNewer: null,
  ignore: [],
  solver: 'auto',
  locks: [],
  allowHosts: [],
  images: { pin: false, tags: 'off', ignore: [] },
  builtImages: [],
  scan: { with: 'auto', severity: 'low', ignore: [], upload: false },
};

export function treeOf(files: Readonly<Record<string, string | TreeFile>>): Tree {
  const entries = Object.entries(files).map(([path, file]): [string, TreeFile] => [
    path,
    typeof file === 'string' ? { kind: 'text', text: file } : file,
  ]);
  return { paths: Object.keys(files).sort(), files: new Map(entries) };
}

export function factsOf(tree: Tree, more: Partial<Facts> = {}): Facts {
  return {
    tree,
    pythons: [
      { version: '3.13.1', path: '/py/3.13/bin/python' },
      { version: '3.11.7', path: '/py/3.11/bin/python' },
    ],
    pythonDownloads: false,
    uvVersion: '0.13.9',
    index: { url: 'https://index.test/simple', isMirror: false, hasVersionJson: true },
    cutoff: null,
    timeoutSeconds: 60,
    newestTool: () => null,
    condaExecutable: null,
    ...more,
  };
}
