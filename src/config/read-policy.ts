/** Reads the repository's policy, `.github/relock.toml`, and that of its organisation. Pure. */
import { checkImages } from './built-images.ts';
import { checkToml, type ConfigError, type Report } from './check.ts';
import { policyOf } from './merge-policies.ts';
import { POLICY_KEYS, type WrittenPolicy } from './policy-keys.ts';
import type { AppPolicy } from './policy.ts';

/**
 * @param path how errors name the file.
 * @returns the policy with the defaults for what it leaves out, or all that is wrong with it, each with its line and what
 * is right. Never throws, whatever the text.
 */
export function readPolicy(
  text: string,
  path: string,
): { readonly policy: AppPolicy } | { readonly errors: readonly ConfigError[] } {
  const read = readWrittenPolicy(text, path);
  return 'errors' in read ? read : { policy: policyOf(read.written) };
}

/** As `readPolicy`, without the defaults: see `mergePolicies`. */
export function readWrittenPolicy(
  text: string,
  path: string,
): { readonly written: WrittenPolicy } | { readonly errors: readonly ConfigError[] } {
  const read = checkToml(text, path, POLICY_KEYS, checkTogether);
  return 'errors' in read ? read : { written: read.value };
}

/** GitHub's own limits, beyond which it refuses the whole request. */
const MOST = { labels: 50, assignees: 10, reviewers: 15 } as const;

function checkTogether(value: WrittenPolicy, report: Report): void {
  for (const [index, { inputs }] of (value.lock ?? []).entries()) {
    if (inputs?.length !== 0) continue;
    report(
      ['lock', index, 'inputs'],
      '`lock.inputs` is empty: a lock is made from something.',
      'Name the manifests, or leave the key out.',
    );
  }
  checkImages(value.image ?? [], report);
  checkScanners(value.scan?.with, report);
  const pull = value['pull-request'] ?? {};
  for (const key of ['labels', 'assignees', 'reviewers'] as const) {
    if ((pull[key]?.length ?? 0) <= MOST[key]) continue;
    report(['pull-request', key], `\`pull-request.${key}\` has more than ${MOST[key]}.`, 'Leave some out.');
  }
  if ((value.security?.labels?.length ?? 0) > MOST.labels) {
    report(['security', 'labels'], `\`security.labels\` has more than ${MOST.labels}.`, 'Leave some out.');
  }
  if (pull.draft === true && (pull['auto-merge'] ?? 'off') !== 'off') {
    report(
      ['pull-request', 'auto-merge'],
      '`pull-request.auto-merge` stands beside `draft = true`: GitHub merges no draft.',
      'Write `auto-merge = "off"` or `draft = false`.',
    );
  }
}

function checkScanners(written: NonNullable<WrittenPolicy['scan']>['with'], report: Report): void {
  if (written === undefined) return;
  const place = ['scan', 'with'];
  if (written.length === 0) {
    report(place, '`scan.with` is empty.', 'Write `with = ["off"]` to scan nothing, or leave the key out.');
  } else if (written.includes('off') && written.length > 1) {
    report(
      place,
      '`scan.with` has "off" beside others.',
      'Write `with = ["off"]` to scan nothing, or take "off" out.',
    );
  }
}
