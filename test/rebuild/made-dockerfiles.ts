/** Dockerfiles made up for property tests: stages, package steps, and all that lies between. */
import * as fc from 'fast-check';

const STEP = fc.constantFrom(
  'RUN apt-get update && apt-get -y upgrade\n',
  'RUN apt-get update \\\n  && apt-get install -y \\\n  # a comment\n\n    curl=1.2-3\n',
  '# hadolint ignore=DL3008\nRUN apt-get update && apt-get install -y x\n',
  '  RUN <<EOT\n  apk upgrade\nRUN apt-get update\n# RUN\nEOT\n',
  'RUN bash -e <<-"A" 2>&1 <<B\n\tapt-get update\n\tA\nARG RELOCK_REBUILD=2020-02-02\nB\n',
  'RUN --mount=type=cache,target=/x ["dnf", "-y", "upgrade"]\n',
  '\n# one\n\n# two\n\t# three\nrun microdnf update\n',
  'RUN ./install.sh\n',
);
const OTHER = fc.constantFrom(
  'COPY . /app\n',
  'COPY <<A /b\nRUN apt-get upgrade\nA\n',
  'ENV A=1 B="x y"\n',
  'ARG A\n',
  '\n\n',
  '# ARG RELOCK_REBUILD=2020-01-01\n',
  'ONBUILD RUN apt-get update\n',
  'RUN echo "a\\\\" \\ \n  b\n',
  'USER app\n',
  'LABEL a="RUN apt-get update"\n',
  'HEALTHCHECK CMD x\n',
  'CMD ["a"]\n',
);
const DATED = fc.constantFrom(
  'ARG RELOCK_REBUILD=2026-01-02\n',
  'arg RELOCK_REBUILD="2026-01-02"\n',
  'ARG A=1 RELOCK_REBUILD=2026-01-02 B\n',
  'ARG RELOCK_REBUILD\n',
  'ARG RELOCK_REBUILD=\n',
  'ARG \\\n # c\n RELOCK_REBUILD=x\n',
);
const FROM = fc.constantFrom(
  'FROM debian:12\n',
  'FROM debian:12 AS one\n',
  'FROM one\n',
  'FROM one AS two\n',
  'FROM \\\n  two\n',
);

/** @param dated lines for the date among the others. */
export function packageDockerfile(dated = true): fc.Arbitrary<string> {
  const body = fc.array(fc.oneof(STEP, OTHER, ...(dated ? [DATED] : [])), { maxLength: 5 });
  const stage = fc.tuple(FROM, body).map(([from, lines]) => from + lines.join(''));
  return fc
    .record({
      head: fc.constantFrom(
        '',
        '# syntax=docker/dockerfile:1\n',
        '# escape=\\\n',
        '# Copyright\n\nARG X=1\n',
      ),
      global: dated ? fc.constantFrom('', '', 'ARG RELOCK_REBUILD=2026-01-01\n') : fc.constant(''),
      stages: fc.array(stage, { minLength: 1, maxLength: 4 }),
      last: STEP,
      end: fc.constantFrom('\n', '\r\n'),
      bom: fc.constantFrom('', '\uFEFF'),
      trim: fc.boolean(),
    })
    .map(({ head, global, stages, last, end, bom, trim }) => {
      const text = head + global + stages.join('') + last;
      return bom + (trim ? text.replace(/\n$/u, '') : text).replaceAll('\n', end);
    });
}
