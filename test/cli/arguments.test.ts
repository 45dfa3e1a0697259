import { describe, expect, it } from 'vitest';
import { readArguments } from '../../src/cli/arguments.ts';

const NONE = {
  path: null,
  json: false,
  write: false,
  check: false,
  quiet: false,
  targets: [],
  excludeNewer: null,
  settings: null,
  repository: null,
  sarif: null,
  outputs: [],
  database: null,
  scan: true,
  scanners: null,
  severity: 'high',
  ecosystems: ['PyPI'],
  rebuild: true,
  build: false,
};

describe('a command line', () => {
  it.each([
    [['run'], { command: 'run' }],
    [['plan', '.', '--json'], { command: 'plan', path: '.', json: true }],
    [
      ['run', 'x', '-t', 'a', '--target=b', '-w'],
      { command: 'run', path: 'x', targets: ['a', 'b'], write: true },
    ],
    [
      ['run', '--exclude-newer', '7 days', '--check'],
      { command: 'run', excludeNewer: '7 days', check: true },
    ],
    [['run', '--', '-odd'], { command: 'run', path: '-odd' }],
    [
      ['run', '--no-scan', '--db', 'd', '--sarif', 's.json'],
      { command: 'run', scan: false, database: 'd', sarif: 's.json' },
    ],
    [['run', '--build'], { command: 'run', build: true }],
    [
      ['run', '-o', 'a/b.html', '--output', 'r.MD', '--output=r.json', '-o', 'r.json'],
      { command: 'run', outputs: ['a/b.html', 'r.MD', 'r.json'] },
    ],
    [['run', '--no-rebuild'], { command: 'run', rebuild: false }],
    [['init'], { command: 'init' }],
    [
      ['init', '.', '--write', '--json', '--repository', 'acme/app'],
      { command: 'init', path: '.', write: true, json: true, repository: 'acme/app' },
    ],
    [['scan'], { command: 'scan' }],
    [
      ['scan', 'x', '--severity', 'low', '--with', 'trivy', '--with=osv', '--with', 'osv', '-q'],
      { command: 'scan', path: 'x', severity: 'low', scanners: ['trivy', 'osv'], quiet: true },
    ],
    [
      ['scan', '--json', '--sarif', 's', '--db', 'd', '-t', 'a', '--settings', 'f', '--repository', 'o/n'],
      {
        command: 'scan',
        json: true,
        sarif: 's',
        database: 'd',
        targets: ['a'],
        settings: 'f',
        repository: 'o/n',
      },
    ],
    [['db', 'update'], { command: 'db update' }],
    [
      ['db', 'update', '--db', 'd', '--ecosystem', 'PyPI', '--ecosystem', 'Debian', '--settings', 'f'],
      { command: 'db update', database: 'd', ecosystems: ['PyPI', 'Debian'], settings: 'f' },
    ],
    [['--help'], { command: 'help' }],
    [['run', '--help'], { command: 'help' }],
    [['db', '--help'], { command: 'help' }],
    [['help'], { command: 'help' }],
    [['-V'], { command: 'version' }],
  ])('%j is understood', (argv, expected) => {
    expect(readArguments(argv)).toEqual({ ...NONE, ...expected });
  });

  it.each([
    [[], /^A command is missing: plan, run, scan, init or db update\.$/u],
    [['rum'], /no command rum\. Did you mean run\?/u],
    [['scna'], /no command scna\. Did you mean scan\?/u],
    [['run', '--exlude-newer', 'x'], /no option --exlude-newer\. Did you mean --exclude-newer\?/u],
    [['run', '--zzzzzzzzzzzz'], /no option --zzzzzzzzzzzz\.$/u],
    [['run', 'a', 'b'], /One PATH/u],
    [['run', '--write', '--check'], /one of them/u],
    [['plan', '--write'], /^--write belongs to run and init, not to plan\.$/u],
    [['plan', '--settings', 'x.toml'], /^--settings belongs to run, scan and db update, not to plan\.$/u],
    [['plan', '--no-scan'], /--no-scan belongs to run, not to plan/u],
    [['scan', '--write'], /--write belongs to run and init, not to scan/u],
    [['scan', '--no-scan'], /--no-scan belongs to run, not to scan/u],
    [['run', '--severity', 'low'], /--severity belongs to scan, not to run/u],
    [['run', '--ecosystem', 'PyPI'], /--ecosystem belongs to db update, not to run/u],
    [['db', 'update', '--json'], /--json belongs to plan, run, scan and init, not to db update/u],
    [['db', 'update', 'folder'], /db update takes no PATH.*--db folder/u],
    [['run', '--build', '--no-rebuild'], /--build .* --no-rebuild .*one of them/u],
    [['scan', '--build'], /--build belongs to run, not to scan/u],
    [['init', '--no-rebuild'], /--no-rebuild belongs to run, not to init/u],
    [['init', '--target', 'x'], /--target belongs to plan, run and scan, not to init/u],
    [['db'], /^relock db update/u],
    [['db', 'upgrade'], /^relock db update/u],
    [
      ['scan', '--severity', 'hihg'],
      /^--severity is one of critical, .*none, not hihg\. Did you mean high\?/u,
    ],
    [['scan', '--severity', 'unknown'], /--severity is one of/u],
    [['scan', '--with', 'trivvy'], /^--with is one of osv, .*, not trivvy\. Did you mean trivy\?/u],
    [['run', '--output', 'r.pdf'], /^--output r\.pdf: .*\.md, \.html or \.json\.$/u],
    [['run', '-o', 'a.html/'], /one of \.md/u],
    [['run', '-o', 'out/.html'], /one of \.md/u],
    [['plan', '-o', 'r.md'], /--output belongs to run, not to plan/u],
    [['run', '--target'], /target/u],
    [['run', ''], /empty/u],
    [['run', '--db', ''], /empty/u],
    [['scan', '--sarif='], /empty/u],
  ])('%j is refused', (argv, message) => {
    const read = readArguments(argv);
    expect('error' in read ? read.error : '').toMatch(message);
  });
});
