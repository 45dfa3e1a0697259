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
    [['--help'], { command: 'help' }],
    [['run', '--help'], { command: 'help' }],
    [['help'], { command: 'help' }],
    [['-V'], { command: 'version' }],
  ])('%j is understood', (argv, expected) => {
    expect(readArguments(argv)).toEqual({ ...NONE, ...expected });
  });

  it.each([
    [[], /command is missing/u],
    [['rum'], /no command rum\. Did you mean run\?/u],
    [['run', '--exlude-newer', 'x'], /no option --exlude-newer\. Did you mean --exclude-newer\?/u],
    [['run', '--zzzzzzzzzzzz'], /no option --zzzzzzzzzzzz\.$/u],
    [['run', 'a', 'b'], /One PATH/u],
    [['run', '--write', '--check'], /one of them/u],
    [['plan', '--write'], /belongs to run/u],
    [['plan', '--settings', 'x.toml'], /belongs to run/u],
    [['run', '--target'], /target/u],
    [['run', ''], /empty/u],
  ])('%j is refused', (argv, message) => {
    const read = readArguments(argv);
    expect('error' in read ? read.error : '').toMatch(message);
  });
});
