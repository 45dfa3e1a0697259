import { expect, it } from 'vitest';
import { sandboxReason } from '../../../src/run/sandbox/sandbox-reason.ts';
import type { SandboxFacts, SandboxProblem } from '../../../src/run/sandbox/sandbox-reason.ts';

const FACTS: SandboxFacts = {
  platform: 'linux',
  root: false,
  container: false,
  appArmorRestricts: false,
  cloneForbidden: false,
  noUserNamespaces: false,
};
const failed = (words: string): SandboxProblem => ({ kind: 'failed', path: '/usr/bin/bwrap', words });

it.each<[string, SandboxProblem, Partial<SandboxFacts>, RegExp, RegExp]>([
  ['not Linux', { kind: 'missing' }, { platform: 'darwin' }, /this is darwin/u, /sandbox = "none"/u],
  ['none on PATH', { kind: 'missing' }, {}, /no bubblewrap/u, /apt-get install bubblewrap/u],
  [
    'too old',
    { kind: 'too-old', path: '/usr/bin/bwrap', version: '0.3.1' },
    {},
    /0\.3\.1, and 0\.4\.0/u,
    /newer/u,
  ],
  [
    'a container',
    failed("bwrap: Can't mount proc on /newroot/proc: Operation not permitted"),
    { container: true },
    /parts of \/proc are masked/u,
    /systempaths=unconfined/u,
  ],
  [
    'a container without namespaces',
    failed('bwrap: No permissions to create new namespace'),
    { container: true, appArmorRestricts: true },
    /user namespaces are refused/u,
    /seccomp=unconfined/u,
  ],
  [
    'AppArmor',
    failed('bwrap: setting up uid map: Permission denied'),
    { appArmorRestricts: true },
    /AppArmor/u,
    /apparmor_restrict_unprivileged_userns=0/u,
  ],
  [
    'AppArmor, but root',
    failed('bwrap: pivot_root: Operation not permitted'),
    { appArmorRestricts: true, root: true },
    /mounts are refused/u,
    /by hand/u,
  ],
  ['clone', failed('bwrap: No permissions'), { cloneForbidden: true }, /to root only/u, /userns_clone=1/u],
  [
    'no namespaces at all',
    failed('bwrap: Creating new namespace failed'),
    { noUserNamespaces: true, container: true },
    /max_user_namespaces is 0/u,
    /sysctl/u,
  ],
  ['anything else', failed('bwrap: it is Monday.'), {}, /it is Monday\.$/u, /by hand/u],
])('tells why and what to do: %s', (_, problem, facts, message, fix) => {
  const reason = sandboxReason(problem, { ...FACTS, ...facts });
  expect(reason.code).toBe('sandbox-unavailable');
  expect(reason.message).toMatch(message);
  expect(reason.fix).toMatch(fix);
});
