/** Checkouts that mean harm: what the run says of them, and that nothing outside is touched or run. */
import { execFileSync } from 'node:child_process';
import { chmodSync, lstatSync, mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { checkout, compiled, lockAll, UV_LOCK } from '../support/checkout.ts';
import { moves, relockJson, statuses } from '../support/cli.ts';
import { folder, git } from '../support/folder.ts';

describe('links', () => {
  it('are neither read nor written through', { timeout: 30_000 }, async () => {
    const lock = compiled('pip-compile requirements.in');
    const { outer, root } = checkout({
      'lock/requirements.in': 'six\n',
      'lock/requirements.txt': { link: '../../outside/requirements.txt' },
      'input/requirements.txt': lock,
      'input/requirements.in': { link: '../../outside/requirements.in' },
      'include/requirements.in': '-r ../linked/requirements.in\nsix\n',
      'include/requirements.txt': lock,
      linked: { link: '../outside' },
      'project/uv.lock': UV_LOCK,
      'project/pyproject.toml': { link: '/etc/hostname' },
      'poetry.lock': { link: 'lock/../../outside/requirements.txt' },
    });
    const { code, json } = await lockAll({ outer, root }, '--write');
    expect(statuses(json)).toMatchObject({
      'lock/requirements.txt': 'skipped: symlink',
      'input/requirements.txt': 'skipped: symlink',
      'include/requirements.txt': expect.stringMatching(/^skipped: (?:missing-input|path-outside|symlink)/u),
      'project/uv.lock': expect.stringMatching(/^skipped: /u),
      'poetry.lock': 'skipped: symlink',
    });
    expect(json.targets.map(({ path }) => path)).not.toContain('linked/requirements.txt');
    expect(code).toBe(0);
    // A folder without git is walked; that must not follow links either.
    const plain = join(folder(), 'plain');
    mkdirSync(plain);
    symlinkSync(join(outer, 'outside'), join(plain, 'linked'));
    expect((await relockJson(['plan', plain])).json.targets).toEqual([]);
  });
});

describe('a header', () => {
  const x = join(folder(), 'x');
  it.each<[string, string, string]>([
    ['an input outside', 'pip-compile ../../outside/requirements.in', 'skipped: path-outside-repository'],
    [
      'a configuration outside',
      'pip-compile --config=../../x.toml requirements.in',
      'skipped: path-outside-repository',
    ],
    [
      'links outside',
      'pip-compile --find-links=../../outside requirements.in',
      'skipped: path-outside-repository',
    ],
    [
      'an index of the machine',
      'pip-compile -i file:///etc requirements.in',
      'skipped: path-outside-repository',
    ],
    [
      'an index outside',
      'pip-compile --extra-index-url ../../x requirements.in',
      'skipped: path-outside-repository',
    ],
    ['an index of pip', "pip-compile --pip-args='-i file:///etc' requirements.in", 'skipped: option-refused'],
    ['a log of pip', `pip-compile --pip-args='--log ${x}' requirements.in`, 'skipped: option-refused'],
    ['a target of pip', `pip-compile --pip-args "--target=${x}" requirements.in`, 'skipped: option-refused'],
    ['a key', 'pip-compile --client-cert=/etc/shadow requirements.in', 'skipped: option-refused'],
    ['build settings', 'pip-compile --config-settings a=b requirements.in', 'skipped: header-not-understood'],
    [
      'an output outside',
      'pip-compile --output-file=../../outside/requirements.txt requirements.in',
      'updated',
    ],
    ['an absolute output', `pip-compile -o ${x} requirements.in`, 'updated'],
    ['a cache elsewhere', `pip-compile --cache-dir=${x} requirements.in`, 'updated'],
    ['a second command', `pip-compile requirements.in; touch ${x}`, 'updated'],
    ['a command if that worked', `pip-compile requirements.in && touch ${x}`, 'updated'],
    ['a pipe', `pip-compile requirements.in | tee ${x}`, 'updated'],
    ['a redirection', `pip-compile requirements.in > ${x}`, 'updated'],
    ['a substitution', `pip-compile $(touch ${x}) requirements.in`, 'updated'],
    ['a substitution by backticks', `pip-compile \`touch ${x}\` requirements.in`, 'updated'],
    ['a script', './compile.sh', 'updated'],
    ['another PATH', `PATH=${x} pip-compile requirements.in`, 'updated'],
  ])('with %s does no harm', { timeout: 30_000 }, async (_, command, status) => {
    const { outer, root } = checkout({
      'a/requirements.in': 'six<1.16\n',
      'a/requirements.txt': compiled(command),
      'a/compile.sh': `touch ${x}\n`,
    });
    const { json } = await lockAll({ outer, root });
    expect(statuses(json)).toMatchObject({ 'a/requirements.txt': status });
    expect(() => lstatSync(x)).toThrow('ENOENT');
    const moved = status === 'updated' ? ['six 1.14.0 -> 1.15.0 (minor)'] : [];
    expect(moves(json)['a/requirements.txt']).toEqual(moved);
    const told = json.targets[0]?.reason?.message ?? 'a/requirements.txt: nothing';
    expect(told).toMatch(/^a\/requirements\.txt(?::5)?[: ]/u);
  });
});

describe('an input', () => {
  it.each([
    ['-r file:///etc/passwd'],
    ['-c file:///etc/passwd'],
    ['-r ../../outside/requirements.in'],
    ['--index-url file:///etc'],
    ['--extra-index-url=../../outside'],
    ['--find-links file:///etc'],
    ['pkg @ file:///etc/pkg'],
    ['pkg @ git+file:///etc/pkg'],
    ['-e git+file:///etc/pkg#egg=pkg'],
    ['-e ../../outside/pkg'],
  ])('with %s shows no file of the machine', { timeout: 20_000 }, async (line) => {
    const { outer, root } = checkout({
      'compiled/requirements.in': `six\n${line}\n`,
      'compiled/requirements.txt': compiled('pip-compile requirements.in'),
      'pinned/requirements.txt': `six==1.14.0\n${line}\n`,
    });
    const { json, stdout } = await lockAll({ outer, root });
    expect(statuses(json)).toMatchObject({
      'compiled/requirements.txt': 'skipped: path-outside-repository',
      'pinned/requirements.txt': 'skipped: path-outside-repository',
    });
    expect(stdout).not.toContain('root:');
  });
});

describe('git', () => {
  it('starts no program that the checkout names', { timeout: 30_000 }, async () => {
    const { outer, root } = checkout({
      'requirements.in': 'six<1.16\n',
      'requirements.txt': compiled('pip-compile requirements.in'),
      '.gitattributes': '*.in filter=evil diff=evil\n',
      '.gitmodules': '[submodule "x"]\n\tpath = ../outside\n\turl = ../outside\n\tupdate = !touch x\n',
    });
    const evil = join(outer, 'evil.sh');
    const done = join(outer, 'done');
    writeFileSync(evil, `#!/bin/sh\necho "$0 $*" >> ${done}\ncat\n`);
    chmodSync(evil, 0o755);
    for (const key of [
      'fsmonitor',
      'sshCommand',
      'pager',
      'editor',
      'askPass',
      'gitProxy',
      'alternateRefsCommand',
    ])
      git(root, 'config', `core.${key}`, evil);
    for (const key of ['filter.evil.clean', 'filter.evil.smudge', 'diff.evil.textconv', 'credential.helper'])
      git(root, 'config', key, evil);
    for (const hook of [
      'post-checkout',
      'post-index-change',
      'reference-transaction',
      'fsmonitor-watchman',
    ]) {
      writeFileSync(join(root, '.git', 'hooks', hook), `#!/bin/sh\ntouch ${done}\n`, { mode: 0o755 });
    }
    writeFileSync(join(root, 'requirements.in'), 'six<1.15\n');
    const { json } = await lockAll({ outer, root });
    expect(statuses(json)).toEqual({ 'requirements.txt': 'unchanged' });
    expect(() => lstatSync(done)).toThrow('ENOENT');
    // That it would have been started, had git been asked without care.
    execFileSync('git', ['-C', root, 'status', '--short'], { stdio: 'ignore' });
    expect(lstatSync(done).isFile()).toBe(true);
  });

  it('of another work tree, or none that works, is no way out', { timeout: 30_000 }, async () => {
    const files = {
      'requirements.in': 'six<1.16\n',
      'requirements.txt': compiled('pip-compile requirements.in'),
    };
    const elsewhere = checkout(files);
    git(elsewhere.root, 'config', 'core.worktree', join(elsewhere.outer, 'outside'));
    expect(statuses((await lockAll(elsewhere)).json)).toEqual({ 'requirements.txt': 'updated' });
    const broken = folder({ ...files, '.git': 'gitdir: /nowhere\n' });
    const { json } = await lockAll({ outer: broken, root: broken });
    expect(statuses(json)).toEqual({ 'requirements.txt': 'updated' });
  });
});
