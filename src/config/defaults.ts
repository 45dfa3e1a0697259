/** What holds where policy and settings say nothing: the one place that says so. */
import type { AppPolicy } from './policy.ts';
import type { Settings } from './settings.ts';

/** What holds where a repository has no policy. */
export const NO_POLICY: AppPolicy = {
  excludeNewer: null,
  ignore: [],
  allowHosts: [],
  solver: 'auto',
  locks: [],
  images: { pin: false, tags: 'off', ignore: [] },
  builtImages: [],
  scan: { with: 'auto', severity: 'low', ignore: [], upload: false },
  schedule: { every: 'monthly', timeZone: 'UTC' },
  timeZone: 'UTC',
  pullRequest: {
    labels: [],
    assignees: [],
    reviewers: { users: [], teams: [] },
    draft: false,
    group: 'one',
    commitPrefix: '',
    autoMerge: null,
    welcome: false,
  },
  security: { enabled: true, severity: 'low', labels: ['security'] },
};

/** What holds where the operator's settings say nothing. */
export const DEFAULT_SETTINGS: Settings = {
  indexUrl: null,
  credentials: [],
  registries: [],
  tools: { uv: null, pythonDownloads: true, conda: null },
  scan: {
    osvUrl: null,
    database: null,
    databaseUrl: null,
    programs: { trivy: null, grype: null, 'osv-scanner': null },
    offline: false,
  },
  builder: {
    kind: null,
    path: null,
    address: null,
    certificates: null,
    timeoutSeconds: 30 * 60,
    memoryBytes: 4 * 1024 ** 3,
    diskBytes: 20 * 1024 ** 3,
  },
  sandbox: null,
  allowHosts: [],
  cacheBytes: 2 * 1024 ** 3,
  timeoutSeconds: 15 * 60,
  parallel: null,
  cacheFolder: null,
};
