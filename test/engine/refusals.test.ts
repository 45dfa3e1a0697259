import { describe, expect, it } from 'vitest';
import { refusalNotes, withRefusals } from '../../src/engine/refusals.ts';
import type { Reason } from '../../src/model.ts';
import type { Refusal } from '../../src/run/network/door.ts';

const REFUSAL: Refusal = {
  host: 'evil.example',
  port: 443,
  code: 'not-allowed',
  why: 'No manifest names evil.example.',
  during: 'evil-1.0.tar.gz',
  count: 3,
};
const REASON: Reason = { code: 'sdist-build-failed', message: 'evil cannot be built.', fix: '', detail: 'x' };

describe('refusals of the door', () => {
  it('are one note, each with what probably wanted it', () => {
    expect(refusalNotes([])).toEqual([]);
    expect(refusalNotes([REFUSAL])).toEqual([
      'Refused connections: evil.example:443 (while evil-1.0.tar.gz was built, or after), 3 times: No manifest names evil.example.',
    ]);
    const many = Array.from({ length: 8 }, (_, n) => ({ ...REFUSAL, host: `h${n}.example` }));
    expect(refusalNotes(many)[0]).toMatch(/h4\.example.*; and 3 more\.$/u);
  });

  it('write IPv6 addresses in brackets', () => {
    const refusal = { ...REFUSAL, host: '::1', port: 8080, code: 'private-address' } as const;
    expect(refusalNotes([refusal])[0]).toContain('[::1]:8080');
    expect(withRefusals(REASON, [refusal]).fix).toContain('"[::1]:8080"');
  });

  it('explain a failure, and how to allow the host', () => {
    expect(withRefusals(REASON, [REFUSAL])).toEqual({
      code: 'network-refused',
      message: 'evil cannot be built. It was refused a connection to evil.example, which no manifest names.',
      fix: 'If that host is to be trusted, add `allow-hosts = ["evil.example"]` to .github/relock.toml.',
      detail: 'x',
    });
    const inside = withRefusals(REASON, [{ ...REFUSAL, code: 'private-address', port: 8443 }]);
    expect(inside.fix).toContain('`allow-hosts = ["evil.example:8443"]` to its settings');
  });

  it.each(['method', 'not-http', 'too-many'] as const)('%s leaves the reason as it is', (code) => {
    expect(withRefusals(REASON, [{ ...REFUSAL, code }])).toEqual(REASON);
    expect(withRefusals(REASON, [])).toEqual(REASON);
  });
});
