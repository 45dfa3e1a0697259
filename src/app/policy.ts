/** The policy that a job works by: the repository's over its organisation's. */
import { createHash } from 'node:crypto';
import { mergePolicies } from '../config/merge-policies.ts';
import type { AppPolicy } from '../config/policy.ts';
import { readWrittenPolicy } from '../config/read-policy.ts';
import type { PolicyFile, RepositoryLook } from '../forge/github/read-repository.ts';

export type JobPolicy =
  | { readonly policy: AppPolicy }
  /** What is wrong, a line each: `.github/relock.toml:3: …`. */
  | { readonly errors: readonly string[] };

/** Reads both files. Errors of either are errors of the job: nothing is silently ignored. */
export function jobPolicy(look: Pick<RepositoryLook, 'policy' | 'organisationPolicy'>): JobPolicy {
  const own = written(look.policy);
  const organisation = written(look.organisationPolicy);
  const errors = [...own.errors, ...organisation.errors];
  if (errors.length > 0) return { errors };
  return { policy: mergePolicies(organisation.value, own.value) };
}

type Written = Extract<ReturnType<typeof readWrittenPolicy>, { written: unknown }>['written'];

function written(file: PolicyFile | null): {
  readonly value: Written | null;
  readonly errors: readonly string[];
} {
  if (file === null) return { value: null, errors: [] };
  if ('unreadable' in file) return { value: null, errors: [`${file.path}: ${file.unreadable}.`] };
  const read = readWrittenPolicy(file.text, file.path);
  if ('written' in read) return { value: read.written, errors: [] };
  const errors = read.errors.map(
    ({ path, line, message }) => `${path}${line === null ? '' : `:${line}`}: ${message}`,
  );
  return { value: null, errors };
}

/** One digest of several things, in a form that a pull request's marker takes. */
export function digest(...parts: readonly unknown[]): string {
  return createHash('sha256').update(JSON.stringify(parts)).digest('hex').slice(0, 32);
}
