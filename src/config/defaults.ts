/** What holds where policy and settings say nothing: the one place that says so. */
import type { Policy } from './policy.ts';
import type { Settings } from './settings.ts';

/** What holds where a repository has no policy. */
export const NO_POLICY: Policy = {
  excludeNewer: null,
  ignore: [],
  solver: 'auto',
  locks: [],
};

/** What holds where the operator's settings say nothing. */
export const DEFAULT_SETTINGS: Settings = {
  indexUrl: null,
  credentials: [],
  tools: { uv: null, pythonDownloads: true },
  timeoutSeconds: 15 * 60,
  parallel: null,
  cacheFolder: null,
};
