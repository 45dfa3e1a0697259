import { describe, expect, it } from 'vitest';
import { NO_POLICY } from '../../src/config/defaults.ts';
import { choosePython } from '../../src/locks/python-choice.ts';
import { treeOf } from '../support/drive-lock.ts';

const INSTALL = 'COPY requirements.txt .\nRUN pip install -r requirements.txt\n';
const on = (version: string): string => `FROM python:${version}\n${INSTALL}`;

function ask(files: Readonly<Record<string, string>>, lock = 'requirements.txt', manifests: string[] = []) {
  return choosePython(treeOf({ [lock]: '', ...files }), NO_POLICY, { lock, manifests, inLock: null });
}

describe('which Dockerfile', () => {
  it.each<[string, Readonly<Record<string, string>>, string]>([
    [
      'a development container last',
      { '.devcontainer/Dockerfile': on('3.9'), 'docker/Dockerfile': on('3.11') },
      'docker/Dockerfile:1 FROM python:3.11',
    ],
    [
      'a development image last, however near',
      { 'Dockerfile.dev': on('3.9'), 'docker/app/Dockerfile': on('3.11') },
      'docker/app/Dockerfile:1 FROM python:3.11',
    ],
    [
      'production before others as near',
      { 'compose/local/Dockerfile': on('3.9'), 'compose/production/Dockerfile': on('3.11') },
      'compose/production/Dockerfile:1 FROM python:3.11',
    ],
    [
      'the development image, when there is no other',
      { 'Dockerfile.dev': on('3.9') },
      'Dockerfile.dev:1 FROM python:3.9',
    ],
    [
      'a name that ends so',
      { 'docker/ProdDockerfile': on('3.11') },
      'docker/ProdDockerfile:1 FROM python:3.11',
    ],
    ['a name with an underscore', { Dockerfile_django: on('3.11') }, 'Dockerfile_django:1 FROM python:3.11'],
  ])('%s', (_name, files, from) => {
    expect(ask(files).from).toBe(from);
  });
});

describe('a base image that the repository builds', () => {
  const app = {
    'app/Dockerfile': `FROM registry.example/team/base:latest\n${INSTALL}`,
    'app/requirements.txt': '',
  };
  it.each<[string, Readonly<Record<string, string>>, string | null]>([
    ['Dockerfile.base', { 'docker/Dockerfile.base': 'FROM python:3.11\n' }, '3.11'],
    ['base.Dockerfile', { 'base.Dockerfile': 'FROM python:3.12\n' }, '3.12'],
    ['base/Dockerfile', { 'images/base/Dockerfile': 'FROM python:3.12\n' }, '3.12'],
    [
      'through another one',
      { 'Dockerfile.base': 'FROM team/root:1\n', 'Dockerfile.root': 'FROM python:3.10\n' },
      '3.10',
    ],
    ['one built from itself', { 'Dockerfile.base': 'FROM base\n' }, null],
    [
      'two that build it',
      { 'a/Dockerfile.base': 'FROM python:3.9\n', 'b/Dockerfile.base': 'FROM python:3.8\n' },
      null,
    ],
  ])('%s', (_name, files, version) => {
    expect(ask({ ...app, ...files }, 'app/requirements.txt').version).toBe(version);
  });

  it('says how it was learned', () => {
    const { from } = ask({ ...app, 'docker/Dockerfile.base': 'FROM python:3.11\n' }, 'app/requirements.txt');
    expect(from).toBe('docker/Dockerfile.base:1 FROM python:3.11, the base of app/Dockerfile');
  });
});

describe("a distribution's own Python", () => {
  const system = 'FROM ubuntu:22.04\nRUN apt-get install -y python3 python3-pip\n';
  it.each<[string, Readonly<Record<string, string>>, string, string | null]>([
    [
      'is the one of pip',
      { Dockerfile: system + INSTALL, '.python-version': '3.12' },
      'requirements.txt',
      '3.10',
    ],
    [
      'is left by uv for a version file',
      { Dockerfile: `${system}COPY uv.lock .\nRUN uv sync\n`, '.python-version': '3.12' },
      'uv.lock',
      '3.12',
    ],
    [
      'is none when the project asks for a newer one',
      { Dockerfile: system + INSTALL, 'setup.cfg': '[options]\npython_requires = >=3.11\n' },
      'requirements.txt',
      '3.11',
    ],
    [
      'stays when the project allows it',
      { Dockerfile: system + INSTALL, 'setup.cfg': '[options]\npython_requires = >=3.8\n' },
      'requirements.txt',
      '3.10',
    ],
  ])('%s', (_name, files, lock, version) => {
    expect(ask(files, lock).version).toBe(version);
  });
});
