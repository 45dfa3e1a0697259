import { describe, expect, it } from 'vitest';
import { NO_POLICY } from '../../src/config/defaults.ts';
import { mergePolicies } from '../../src/config/merge-policies.ts';
import type { WrittenPolicy } from '../../src/config/policy-keys.ts';
import { readPolicy, readWrittenPolicy } from '../../src/config/read-policy.ts';

const PATH = '.github/relock.toml';

function errorsOf(text: string): readonly string[] {
  const read = readPolicy(text, PATH);
  return 'errors' in read ? read.errors.map((error) => `${error.path}:${error.line}: ${error.message}`) : [];
}

function written(text: string): WrittenPolicy {
  const read = readWrittenPolicy(text, PATH);
  if ('errors' in read) throw new Error(JSON.stringify(read.errors));
  return read.written;
}

const { scan } = NO_POLICY;
const IGNORE = '[[scan.ignore]]\nid = "CVE-2024-1"\nreason = "not reachable"\n';

describe('reads', () => {
  it.each([
    ['', scan],
    ['[scan]', scan],
    ['[scan]\nwith = ["osv", "trivy"]', { ...scan, with: ['osv', 'trivy'] }],
    ['[scan]\nwith = ["trivy", "osv", "trivy"]', { ...scan, with: ['trivy', 'osv'] }],
    ['[scan]\nwith = ["off"]', { ...scan, with: [] }],
    ['[scan]\nseverity = "high"\nupload = true', { ...scan, severity: 'high', upload: true }],
    [
      IGNORE,
      { ...scan, ignore: [{ id: 'CVE-2024-1', reason: 'not reachable', until: null, package: null }] },
    ],
    [
      `${IGNORE}until = 2027-01-31\npackage = "Jinja2"\n[[scan.ignore]]\nid = "GHSA-x"\nreason = "r"\nuntil = "2027-02-28"`,
      {
        ...scan,
        ignore: [
          { id: 'CVE-2024-1', reason: 'not reachable', until: '2027-01-31', package: 'Jinja2' },
          { id: 'GHSA-x', reason: 'r', until: '2027-02-28', package: null },
        ],
      },
    ],
  ])('%j', (text, said) => {
    expect(readPolicy(text, PATH)).toEqual({ policy: { ...NO_POLICY, scan: said } });
  });

  it('scans by default, and shows all that is rated', () => {
    expect(scan).toEqual({ with: 'auto', severity: 'low', ignore: [], upload: false });
  });
});

describe('says with file, line and what is right', () => {
  it.each([
    [
      '[scan]\nwith = ["osv", "trivvy"]',
      [
        `${PATH}:2: \`scan.with[1]\` is "trivvy", which is not one of "osv", "trivy", "grype", "osv-scanner", "off"`,
        'did you mean "trivy"?',
      ],
    ],
    ['[scan]\nwith = ["off", "osv"]', [':2: `scan.with` has "off" beside others.', 'Write `with = ["off"]`']],
    ['[scan]\nwith = []', [':2: `scan.with` is empty', '`with = ["off"]`']],
    ['[scan]\nwith = "off"', ['`scan.with` is a text, not a list of texts.', 'Write `with = ["osv"]`.']],
    ['[scan]\nseverity = "moderate"', ['"critical", "high", "medium", "low", "none"']],
    ['[scan]\nupload = "yes"', ['`scan.upload` is a text, not true or false.']],
    ['[[scan.ignore]]\nid = "CVE-2024-1"', [':1: `[[scan.ignore]]` lacks `reason`.', 'Add `reason = "']],
    ['[[scan.ignore]]\nreason = "x"', [':1: `[[scan.ignore]]` lacks `id`.']],
    [`${IGNORE}until = "soon"`, [':4: `scan.ignore.until` is "soon": it is not a date', '"2027-03-31"']],
    [`${IGNORE}until = "2027-02-30"`, ['it is not a date']],
    [`${IGNORE}until = 2027-01-01T12:00:00Z`, ['`scan.ignore.until`', 'it is not a date']],
    [`${IGNORE}package = ""`, ['`scan.ignore.package` is "": it is empty']],
    [`${IGNORE}reson = "x"`, [':4: There is no key "reson" in `[[scan.ignore]]`. Did you mean `reason`?']],
    ['[[scan.ignore]]\nid = "all of them"\nreason = "x"', [':2:', 'it is not the id of an advisory']],
    ['[[scan.ignore]]\nid = "CVE-2024-1"\nreason = " "', [':3:', 'it is empty']],
    ['[scan]\nignore = ["CVE-2024-1"]', ['`scan.ignore[0]` is a text, not a table.', '`[[scan.ignore]]`']],
    ['[scan.ignore]\nid = "x"', ['`scan.ignore` is a table, not a list of tables.', '`[[scan.ignore]]`']],
    ['upload = true', ['`upload` belongs in `[scan]`']],
    ['reason = "x"', ['`reason` belongs in `[[scan.ignore]]`']],
    ['[scans]\nupload = true', ['Did you mean `scan`?']],
  ])('%j', (text, parts) => {
    const errors = errorsOf(text);
    expect(errors).toHaveLength(1);
    for (const part of parts) expect(errors[0]).toContain(part);
  });

  it('and is not led astray by keys of the prototype', () => {
    expect(errorsOf('[scan.__proto__]\nupload = true')[0]).toContain(
      'There is no key "__proto__" in `[scan]`',
    );
  });
});

describe('an organisation', () => {
  it('has its `[scan]` replaced key by key, and its list of ignored ones as a whole', () => {
    const organisation = written(`[scan]\nseverity = "high"\nupload = true\n${IGNORE}`);
    const repository = written(`[scan]\nseverity = "medium"\n[[scan.ignore]]\nid = "GHSA-x"\nreason = "r"`);
    expect(mergePolicies(organisation, repository).scan).toEqual({
      with: 'auto',
      severity: 'medium',
      upload: true,
      ignore: [{ id: 'GHSA-x', reason: 'r', until: null, package: null }],
    });
    expect(mergePolicies(organisation, null).scan.ignore).toHaveLength(1);
    expect(mergePolicies(organisation, written('[scan]\nupload = false')).scan).toMatchObject({
      severity: 'high',
      upload: false,
      ignore: [{ id: 'CVE-2024-1' }],
    });
  });
});
