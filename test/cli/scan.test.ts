import { describe, expect, it } from 'vitest';
import { readArguments, type Arguments } from '../../src/cli/arguments.ts';
import { reportScan, scanExitCode, type ScanOutputs } from '../../src/cli/scan.ts';
import type { SeverityLevel } from '../../src/scan/model.ts';
import type { ScanListing } from '../../src/scan/outcome.ts';
import { finding, lockPlace, OSV, secret } from '../support/scan-results.ts';

const LISTING: ScanListing = {
  by: [OSV],
  findings: [],
  secrets: [],
  ignored: [],
  failed: [],
  notChecked: [],
  notes: [],
  targets: [{ kind: 'lock', location: 'requirements.txt', platform: null, packages: 60 }],
};
const FAILED = {
  scanner: 'trivy',
  reason: { code: 'scanner-missing', message: 'No.', fix: '', detail: '' },
} as const;

function found(level: SeverityLevel, malicious = false): Partial<ScanListing> {
  return {
    findings: [
      {
        finding: finding('CVE-2024-1', 'a 1', level, { malicious }),
        places: [lockPlace('requirements.txt')],
      },
    ],
  };
}

describe('the exit code', () => {
  it.each<[string, Partial<ScanListing>, Arguments['severity'], number]>([
    ['nothing', {}, 'none', 0],
    ['one at the severity', found('high'), 'high', 4],
    ['one above it', found('critical'), 'high', 4],
    ['one below it', found('medium'), 'high', 0],
    ['one that nobody rated, against high', found('unknown'), 'high', 0],
    ['one that nobody rated, against low', found('unknown'), 'low', 4],
    ['one that is harmless, against none', found('none'), 'none', 4],
    ['a malicious package that nobody rated', found('unknown', true), 'critical', 4],
    ['a secret', { secrets: [secret('r', '/x', { severity: 'critical' })] }, 'critical', 4],
    ['a lesser secret', { secrets: [secret('r', '/x', { severity: 'low' })] }, 'high', 0],
    [
      'an ignored one',
      { ignored: [{ ...found('high').findings![0]!, by: '', reason: '', until: null }] },
      'low',
      0,
    ],
    ['a scanner that failed', { failed: [FAILED] }, 'high', 1],
    ['what was not checked', { notChecked: ['x'] }, 'high', 1],
    ['a finding beside what was not checked', { ...found('high'), failed: [FAILED] }, 'high', 4],
    ['no scanner', { by: [] }, 'high', 1],
    ['no package to look up', { by: [], targets: [{ ...LISTING.targets[0]!, packages: 0 }] }, 'high', 0],
    ['nothing to scan', { by: [], targets: [] }, 'high', 0],
  ])('of %s', (_, more, severity, code) => {
    expect(scanExitCode({ ...LISTING, ...more }, severity)).toBe(code);
  });
});

function outputs(): ScanOutputs & { readonly printed: () => string; readonly files: Map<string, string> } {
  let text = '';
  const files = new Map<string, string>();
  return {
    print: async (more) => {
      text += more;
    },
    writeFile: async (path, content) => {
      files.set(path, content);
    },
    json: (listing) => ({ findings: listing.findings.length }),
    sarif: () => Promise.resolve({ version: '2.1.0' }),
    styled: false,
    printed: () => text,
    files,
  };
}

function given(...argv: string[]): Arguments {
  const read = readArguments(['scan', ...argv]);
  if ('error' in read) throw new Error(read.error);
  return read;
}

describe('what is shown', () => {
  it('is a text', async () => {
    const out = outputs();
    expect(await reportScan(given('.'), { ...LISTING, ...found('high') }, out)).toBe(4);
    expect(out.printed()).toContain('1 known vulnerability (1 high) in 1 package.');
    expect(out.files.size).toBe(0);
  });

  it('or JSON, and beside it SARIF in a file', async () => {
    const out = outputs();
    expect(await reportScan(given('.', '--json', '--sarif', '/tmp/x/s.sarif'), LISTING, out)).toBe(0);
    expect(JSON.parse(out.printed())).toEqual({ findings: 0 });
    expect(out.printed().endsWith('}\n')).toBe(true);
    expect([...out.files]).toEqual([['/tmp/x/s.sarif', '{\n  "version": "2.1.0"\n}\n']]);
  });

  it('is there all the same when SARIF cannot be written, which is told', async () => {
    const out = outputs();
    const writeFile = (): Promise<void> => Promise.reject(new Error('ENOSPC'));
    await expect(
      reportScan(given('.', '--sarif', '/tmp/x/s.sarif'), LISTING, { ...out, writeFile }),
    ).rejects.toThrow(/--sarif \/tmp\/x\/s\.sarif cannot be written: ENOSPC/u);
    expect(out.printed()).toContain('No known vulnerability.');
  });
});
