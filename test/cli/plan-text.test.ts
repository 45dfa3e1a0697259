import { expect, it } from 'vitest';
import { planText } from '../../src/cli/plan-text.ts';
import type { ImagePlan } from '../../src/images/plan-images.ts';
import { OLD, planOf } from '../support/image-results.ts';
import { target } from '../support/locks.ts';

const NO_PLAN: ImagePlan = { images: [], left: [] };
const reason = { code: 'unsupported-kind', message: 'Not yet.', fix: 'Wait.', detail: '' } as const;

it('says what would be done, and what is left alone', () => {
  const lock = target('svc/requirements.txt', {
    kind: 'pip-compile',
    manifests: ['svc/requirements.in'],
    tool: { name: 'pip-tools', version: null, from: 'header of svc/requirements.txt' },
    python: { version: '3.11', from: 'svc/Dockerfile:1' },
    cwd: 'svc',
    command: ['pip-compile', '--upgrade', 'requirements.in', '--extra', "it's"],
    notes: ['A note.'],
  });
  expect(planText([lock], [{ path: 'pdm.lock', kind: 'pdm', reason }], NO_PLAN, false))
    .toMatchInlineSnapshot(`
    "svc/requirements.txt (pip-compile)
      from     svc/requirements.in
      tool     pip-tools newest that fits (header of svc/requirements.txt)
      python   3.11 (svc/Dockerfile:1)
      command  (cd svc && pip-compile --upgrade requirements.in --extra 'it'\\''s')
      note     A note.

    Left alone
      pdm.lock (pdm, unsupported-kind)
        Not yet. Wait.

    1 lock to re-lock, 1 file left alone.
    "
  `);
});

it('says which uv makes a lock that names none', () => {
  const tool = { name: 'uv', version: null, from: 'hand-pinned' };
  expect(planText([target('requirements.txt', { tool })], [], NO_PLAN, false)).toContain(
    'uv of the settings, else on PATH, else the copy that Relock brings (hand-pinned)',
  );
});

it('says when there is nothing', () => {
  expect(planText([], [], NO_PLAN, false)).toContain('No lock to re-lock was found.');
});

it('lets no control sequence or credential of the repository through', () => {
  const lock = target('a\u001B[2Jb.txt', { notes: ['https://u:secret@host/simple\u0007'] });
  const text = planText([lock], [], NO_PLAN, false);
  expect(text).not.toContain('\u001B');
  expect(text).not.toContain('\u0007');
  expect(text).not.toContain('secret');
});

it('says what would be done with images, and which are left alone', () => {
  const dockerfile = `FROM python:3.12-slim@${OLD} AS build\nFROM debian:12\nFROM a:\${X}\nFROM build\n`;
  const compose = `services:\n  db:\n    image: python:3.12-slim@${OLD}\n  other:\n    image: redis@${OLD}\n`;
  const plan = planOf({ 'compose.yaml': compose, Dockerfile: dockerfile });
  expect(planText([], [], plan, false)).toMatchInlineSnapshot(`
    "No lock to re-lock was found.

    Base images
      debian:12: has no digest, and is only looked at
        Dockerfile:2 (FROM)
      python:3.12-slim@sha256:aaaaaaaaaaaa: its digest moves to where the tag 3.12-slim is
        Dockerfile:1 (FROM)
        compose.yaml:3 (compose image)
      redis@sha256:aaaaaaaaaaaa: stays, since nothing says of which tag its digest is
        compose.yaml:5 (compose image)

    Images left alone
      Dockerfile:3 (FROM, unsupported-kind)
        \`a:\${X}\` depends on \`\${X}\`, which has no value in this file. Give the variable a default, or write the image out.

    0 locks to re-lock, 0 files left alone. 3 base images to look up.
    "
  `);
  const [pinned] = planOf({ Dockerfile: 'FROM debian:12\n' }, { pin: true }).images;
  if (pinned === undefined) throw new Error('No image was planned.');
  expect(planText([], [], { images: [pinned], left: [] }, false)).toContain(
    'debian:12: is given the digest of the tag 12',
  );
});
