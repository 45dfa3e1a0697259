import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { substitute } from '../../src/images/build-arguments.ts';
import { readStages } from '../../src/images/dockerfile-python.ts';
import { pythonOfImage } from '../../src/images/image-python.ts';
import { installsSystemPython, pythonInCommands } from '../../src/images/installed-python.ts';
import { systemPythonOf } from '../../src/images/system-python.ts';

describe('pythonOfImage', () => {
  it.each([
    ['python:3.11-slim', '3.11'],
    ['python:3.11.4-slim-bookworm@sha256:abc', '3.11.4'],
    ['python:3.14.0rc1-slim', '3.14.0'],
    ['docker.io/library/python:2.7', '2.7'],
    ['localhost:5000/python:3.9', '3.9'],
    ['public.ecr.aws/lambda/python:3.12', '3.12'],
    ['public.ecr.aws/sam/build-python3.10', '3.10'],
    ['mcr.microsoft.com/devcontainers/python:1-3.12-bookworm', '3.12'],
    ['mcr.microsoft.com/azure-functions/python:4-python3.11', '3.11'],
    ['ghcr.io/astral-sh/uv:python3.12-bookworm', '3.12'],
    ['ghcr.io/astral-sh/uv:0.8.3-python3.13-alpine', '3.13'],
    ['tiangolo/uvicorn-gunicorn-fastapi:python3.9-slim', '3.9'],
    ['apache/airflow:2.9.1-python3.11', '3.11'],
    ['nikolaik/python-nodejs:python3.11-nodejs20', '3.11'],
    ['registry.access.redhat.com/ubi9/python-311:1-77', '3.11'],
    ['registry.access.redhat.com/ubi8/python-39', '3.9'],
    ['example/base:py310', '3.10'],
  ])('%s is %s', (reference, version) => {
    expect(pythonOfImage(reference)).toEqual({ version, implementation: 'cpython' });
  });

  it.each([
    'python',
    'python:3',
    'python:latest',
    'python:3-slim',
    'python@sha256:3.11',
    'debian:3.11',
    'alpine:3.19',
    'node:20-alpine3.19',
    'ghcr.io/astral-sh/uv:0.8.3',
    'ghcr.io/astral-sh/uv:bookworm-slim',
    'gcr.io/distroless/python3-debian12',
    'python:$PYTHON',
    'scratch',
    '',
  ])('%s tells nothing', (reference) => {
    expect(pythonOfImage(reference)).toBeNull();
  });

  it.each([
    ['pypy:3.10-slim', 'pypy'],
    ['ghcr.io/astral-sh/uv:pypy3.10', 'pypy'],
    ['ghcr.io/graalvm/graalpy-community:24', 'graalpy'],
  ])('%s is %s', (reference, implementation) => {
    expect(pythonOfImage(reference)).toEqual({ version: null, implementation });
  });
});

describe('substitute', () => {
  const variables = new Map([
    ['A', '3.11'],
    ['EMPTY', ''],
  ]);
  it.each([
    ['python:$A', 'python:3.11'],
    ['python:${A}-slim', 'python:3.11-slim'],
    ['python:${B:-3.9}', 'python:3.9'],
    ['python:${B-3.9}', 'python:3.9'],
    ['python:${EMPTY:-${A}}', 'python:3.11'],
    ['python:3${A:+.12}', 'python:3.12'],
    ['python:$B', 'python:$B'],
  ])('%s -> %s', (text, expected) => {
    expect(substitute(text, variables)).toBe(expected);
  });

  it('does not blow up on a variable of variables', () => {
    const doubling = new Map(Array.from({ length: 30 }, (_, at) => [`V${at}`, `$V${at + 1}$V${at + 1}`]));
    expect(substitute('$V0', doubling).length).toBeLessThan(20_000);
  });
});

describe('pythonInCommands', () => {
  it.each([
    ['apt-get update && apt-get install -y python3.9 python3.9-dev curl', '3.9'],
    ['apk add python3.11', '3.11'],
    ['uv python install 3.12', '3.12'],
    ['uv python install --no-cache cpython@3.12.1', '3.12.1'],
    ['pyenv install 3.10.4 && pyenv global 3.10.4', '3.10.4'],
    ['micromamba install -y -n base python=3.11 pip', '3.11'],
    ['apt-get install python3.9 python3.10', null],
    ['microdnf install -y python39 python39-pip', '3.9'],
    ['dnf install python3 python3-pip', null],
    ['zypper in python311', '3.11'],
    ['PKGS="python3.11 git" && microdnf install -y $PKGS && python3.11 -m venv /venv', '3.11'],
    ['/usr/bin/python3.12 -m pip install -r requirements.txt', '3.12'],
    ['pip3.10 install -r requirements.txt', '3.10'],
    ['virtualenv --python=/usr/bin/python3.9 /venv', '3.9'],
    ['uv venv --seed --python 3.12.4 /venv', '3.12.4'],
    ['uv sync --frozen -p 3.13', '3.13'],
    ['uv pip install -p /venv/bin/python x', null],
    ['python3.9 manage.py', null],
    ['echo python3.9', null],
    ['apt-get install -y python3', null],
  ])('%s -> %s', (text, version) => {
    expect(pythonInCommands(text)).toBe(version);
  });
});

describe('systemPythonOf', () => {
  it.each([
    ['ubuntu:22.04', '3.10'],
    ['docker.io/library/ubuntu:jammy-20240111@sha256:abc', '3.10'],
    ['debian:bookworm-slim', '3.11'],
    ['debian:12.5', '3.11'],
    ['alpine:3.20.1', '3.12'],
    ['node:20-bookworm-slim', '3.11'],
    ['node:20-alpine3.19', '3.11'],
    ['nvidia/cuda:12.1.0-runtime-ubuntu22.04', '3.10'],
    ['mcr.microsoft.com/devcontainers/base:ubuntu-24.04', '3.12'],
    ['mcr.microsoft.com/playwright/python:v1.40.0-jammy', '3.10'],
    ['registry.access.redhat.com/ubi9/ubi-minimal:9.3', '3.9'],
    ['rockylinux:8', '3.6'],
    ['amazonlinux:2023', '3.9'],
    ['ubuntu', null],
    ['ubuntu:latest', null],
    ['debian:stable-slim', null],
    ['alpine:edge', null],
    ['postgres:12', null],
    ['example/ubuntu-tools:2204', null],
    ['$BASE', null],
  ])('%s is %s', (reference, version) => {
    expect(systemPythonOf(reference)).toBe(version);
  });
});

describe('installsSystemPython', () => {
  it.each([
    ['apt-get update && apt-get install -y curl python3-pip', true],
    ['apk add --no-cache python3~=3.11 py3-pip', true],
    ['dnf install python3', true],
    ['apt-get install -y python-is-python3', true],
    ['apt-get install -y libpython3-dev curl', false],
    ['apt-get install -y curl && python3 x.py', false],
    ['pip install python-dateutil', false],
  ])('%s: %s', (text, expected) => {
    expect(installsSystemPython(text)).toBe(expected);
  });
});

describe('readStages', () => {
  it('follows stage names, arguments, continuation lines, comments and Windows line ends', () => {
    const text = [
      '\uFEFF# syntax=docker/dockerfile:1',
      'ARG PY=3.11',
      'ARG TAG=${PY}-slim',
      'FROM --platform=$BUILDPLATFORM "python:${TAG}" AS Base',
      'WORKDIR /app',
      'COPY requirements.txt \\',
      '# a comment inside',
      '  constraints.txt ./',
      'FROM base AS final',
      'ARG EXTRA=dev',
      'COPY ["requirements/${EXTRA}.txt", "/tmp/"]',
      'COPY --from=other /x /y',
      'RUN --mount=type=bind,source=uv.lock,target=uv.lock --mount=type=cache,target=/root \\',
      '    pip install -r /tmp/dev.txt',
    ].join('\r\n');
    const [base, final] = readStages(text);
    expect(base?.name).toBe('base');
    expect(base?.python).toEqual({
      version: '3.11',
      implementation: 'cpython',
      line: 4,
      text: 'FROM python:3.11-slim',
      isSystem: false,
    });
    expect(base?.sources).toEqual(['requirements.txt', 'constraints.txt']);
    expect(final?.python).toEqual(base?.python);
    expect(final?.sources).toEqual([
      'requirements.txt',
      'constraints.txt',
      'requirements/dev.txt',
      'uv.lock',
    ]);
    expect(final?.commands).toEqual(['pip install -r /tmp/dev.txt']);
  });

  it('reads here-documents as commands, not as instructions', () => {
    const [stage, ...rest] = readStages(
      'FROM debian:12\nRUN <<EOF\napt-get install -y python3.9\nFROM python:3.7\nEOF\n',
    );
    expect(rest).toEqual([]);
    expect(stage?.python).toMatchObject({ version: '3.9', line: 2 });
  });

  it('takes the image over a second Python that a package brings', () => {
    const [stage] = readStages('FROM python:3.12\nRUN apt-get install -y python3.9\n');
    expect(stage?.python?.version).toBe('3.12');
  });

  it("takes the distribution's own Python where it is installed, until another one is", () => {
    const system = 'FROM ubuntu:22.04 AS a\nRUN apt-get install -y python3-pip\n';
    const [none, own, chosen] = [
      readStages('FROM ubuntu:22.04\nRUN apt-get install -y curl\n'),
      readStages(`${system}FROM a\nRUN pip install x\n`),
      readStages(`${system}RUN uv python install 3.12\n`),
    ].map((stages) => stages.at(-1)?.python ?? null);
    expect(none).toBeNull();
    expect(own).toEqual({
      version: '3.10',
      implementation: 'cpython',
      line: 1,
      text: 'FROM ubuntu:22.04 and its own python3',
      isSystem: true,
    });
    expect(chosen).toMatchObject({ version: '3.12', line: 3, isSystem: false });
  });

  it('knows an image that brings it without a command', () => {
    const [stage] = readStages('FROM mcr.microsoft.com/playwright/python:v1.40.0-jammy\n');
    expect(stage?.python).toMatchObject({ version: '3.10', isSystem: true });
  });

  it('shows the part of a long command that names the Python', () => {
    const packages = Array.from({ length: 30 }, (_, at) => `package${at}`).join(' ');
    const [stage] = readStages(`FROM debian:12\nRUN apt-get install -y ${packages} python3.9 more\n`);
    expect(stage?.python?.text).toBe('RUN … python3.9 more');
  });

  it('learns UV_PYTHON', () => {
    const [stage] = readStages(
      'FROM ghcr.io/astral-sh/uv:bookworm-slim\nENV UV_LINK_MODE=copy UV_PYTHON=3.13\n',
    );
    expect(stage?.python).toMatchObject({ version: '3.13', line: 2 });
  });

  it.each(['', 'FROM', 'COPY a b', 'FROM \\', 'RUN <<', '\0', 'FROM x\nCOPY [', 'ARG\nFROM $A', 'ENV'])(
    'survives %j',
    (text) => {
      expect(() => readStages(text)).not.toThrow();
    },
  );

  it('never throws', () => {
    const word = fc.constantFrom(
      'FROM ',
      'RUN ',
      'COPY ',
      'ARG ',
      'A=',
      '$A',
      '\\\n',
      '\n',
      '\r',
      '<<E',
      '["',
      '"',
      '# ',
      '--mount=',
    );
    fc.assert(
      fc.property(fc.array(fc.oneof(word, fc.string({ maxLength: 8 })), { maxLength: 60 }), (parts) => {
        expect(Array.isArray(readStages(parts.join('')))).toBe(true);
      }),
    );
  });

  it('reads a large file in reasonable time', () => {
    const started = performance.now();
    readStages(`FROM python:3.11\n${'FROM a AS a\nRUN echo $A$B \\\n b\n'.repeat(3500)}`);
    expect(performance.now() - started).toBeLessThan(3000);
  });
});
