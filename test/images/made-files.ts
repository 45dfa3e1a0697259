/** Dockerfiles and Compose files made up for property tests, with the digests that an edit has to move. */
import * as fc from 'fast-check';
import { A, B } from './pins.ts';

/** A file as pieces: text, or the place of a digest. */
export interface Made {
  readonly pieces: readonly (string | { readonly digest: string | null })[];
  readonly end: '\n' | '\r\n';
  readonly bom: boolean;
  /** How many mentions can be edited. */
  readonly count: number;
}

/** The file with its own digests, or with `digest` wherever one stands or can be put. */
export function render(made: Made, digest: string | null): string {
  const text = made.pieces
    .map((piece) => {
      if (typeof piece === 'string') return piece;
      const shown = digest ?? piece.digest;
      return shown === null ? '' : `@${shown}`;
    })
    .join('');
  return (made.bom ? '\uFEFF' : '') + text.replaceAll('\n', made.end);
}

type Part = Pick<Made, 'pieces' | 'count'>;

const NAME = fc
  .tuple(
    fc.constantFrom('', 'docker.io/', 'ghcr.io/org/', 'localhost:5000/a/'),
    fc
      .stringMatching(/^[a-z][a-z0-9]{0,5}(?:[._-][a-z0-9]{1,3})?$/u)
      .filter((name) => name !== 'scratch' && !name.startsWith('stage')),
  )
  .map((parts) => parts.join(''));
const TAG = fc.stringMatching(/^[\w][\w.-]{0,8}$/u);
const PIN = fc.record({ digest: fc.constantFrom(A, B, null) });
const IMAGE = fc
  .tuple(NAME, fc.option(TAG), PIN)
  .map(([name, tag, pin]): Part => ({ pieces: [name + (tag === null ? '' : `:${tag}`), pin], count: 1 }));

function around(before: string, image: Part, after: string, count = image.count): Part {
  return { pieces: [before, ...image.pieces, after], count };
}

const DECOY = `FROM decoy:1@${A}`;
const GAP = fc.constantFrom(' ', '\t', '   ', ' \\\n  ', ' \\\n# comment\n\n  ', ' \\ \n');
const AS = fc.constantFrom('', ' AS stage3', ' as "stage4"', ' \\\n  AS stage5');
const PLATFORM = fc.constantFrom('', '--platform=linux/amd64 ', '--platform=$BUILDPLATFORM \\\n ');
const QUOTE = fc.constantFrom('', '"', "'");

const BODY: fc.Arbitrary<Part> = fc.oneof(
  fc
    .tuple(fc.constantFrom('FROM', 'from', 'From'), GAP, PLATFORM, QUOTE, IMAGE, AS)
    .map(([word, gap, platform, quote, image, as]) =>
      around(`${word}${gap}${platform}${quote}`, image, `${quote}${as}\n`),
    ),
  fc
    .tuple(fc.constantFrom('COPY --link --from=', 'ADD --from=', 'ONBUILD COPY --from='), IMAGE)
    .map(([word, image]) => around(word, image, ' /a /b\n')),
  fc
    .tuple(GAP, IMAGE)
    .map(([gap, image]) =>
      around(`RUN --network=none${gap}--mount=type=bind,from=`, image, `,target=/x${gap}true\n`),
    ),
  fc
    .tuple(fc.constantFrom('-', ':-'), IMAGE)
    .map(([operator, image]) => around(`FROM \${NOTHING${operator}`, image, '}\n')),
  fc
    .constantFrom(
      `RUN <<EOT\n${DECOY}\nEOT\n`,
      `COPY <<A <<-B /x/\n${DECOY}\nA\n\t${DECOY}\n\tB\n`,
      `# ${DECOY}\n`,
      `RUN echo \\\n  # ${DECOY}\n  ${DECOY}\n`,
      `LABEL x="${DECOY}"\n`,
      'FROM scratch\n',
      'FROM stage0 AS stage1\n',
      'COPY --from=stage0 /a /b\n',
      'FROM decoy:$NOTHING\n',
      '\n\n',
      'RUN echo "a\\\\"\n',
    )
    .map((text): Part => ({ pieces: [text], count: 0 })),
);

/** ARG lines, the FROM that use them, then anything. */
export function dockerfile(): fc.Arbitrary<Made> {
  const whole = fc.tuple(QUOTE, IMAGE, fc.integer({ min: 1, max: 3 })).map(([quote, image, uses]) => ({
    global: around(`ARG WHOLE=${quote}`, image, `${quote}\n`, 0),
    uses: {
      pieces: ['FROM $WHOLE\n', 'FROM ${WHOLE} AS stage2\n', 'FROM "${WHOLE}"\n'].slice(0, uses),
      count: uses,
    },
  }));
  const tag = fc.tuple(NAME, TAG, PIN).map(([name, text, pin]) => ({
    global: { pieces: [`ARG UNUSED TAG=${text}`, pin, ' OTHER="x y"\n'], count: 0 },
    uses: { pieces: [`FROM ${name}:\${TAG}\n`], count: 1 },
  }));
  const syntax = fc
    .tuple(fc.constantFrom('# syntax=', '#syntax = '), IMAGE)
    .map(([word, image]) => around(word, image, '\n'));
  return fc
    .record({
      syntax: fc.option(syntax),
      globals: fc.tuple(fc.option(whole), fc.option(tag)),
      body: fc.array(BODY, { maxLength: 8 }),
      end: fc.constantFrom('\n' as const, '\r\n' as const),
      bom: fc.boolean(),
    })
    .map(({ syntax, globals, body, end, bom }) => {
      const used = globals.filter((one) => one !== null);
      const parts: readonly Part[] = [
        ...(syntax === null ? [] : [syntax]),
        ...used.map((one) => one.global),
        { pieces: ['FROM stages/first', { digest: A }, ' AS stage0\n'], count: 1 },
        ...used.map((one) => one.uses),
        ...body,
      ];
      return {
        pieces: parts.flatMap((part) => part.pieces),
        count: parts.reduce((sum, part) => sum + part.count, 0),
        end,
        bom,
      };
    });
}

const SERVICE: fc.Arbitrary<Part> = fc.oneof(
  fc
    .tuple(QUOTE, IMAGE, fc.constantFrom('', ' # comment', '   #3.12'))
    .map(([quote, image, comment]) => around(`    image: ${quote}`, image, `${quote}${comment}\n`)),
  IMAGE.map((image) =>
    around('    {environment: {X: "FROM a:1"}, image: ', image, ', platform: linux/amd64}\n'),
  ),
  fc
    .tuple(fc.constantFrom('-', ':-'), IMAGE)
    .map(([operator, image]) => around(`    image: \${NOTHING${operator}`, image, '}\n')),
  fc.tuple(IMAGE, fc.constantFrom('|', '|-', '|+', '|2')).map(([image, header]) => {
    const indent = header === '|2' ? '        ' : '          ';
    return around(
      `    image: built:1\n    build:\n      dockerfile_inline: ${header}\n${indent}FROM \\\n${indent}  `,
      image,
      ` AS stage0\n\n${indent}COPY --from=stage0 a b\n`,
    );
  }),
  IMAGE.map((image) => around('    image: |-\n      ', image, '\n')),
);

/** Services of all kinds, one of which others share by an anchor. */
export function composeFile(): fc.Arbitrary<Made> {
  return fc
    .record({
      shared: fc.option(IMAGE),
      services: fc.array(SERVICE, { minLength: 1, maxLength: 6 }),
      end: fc.constantFrom('\n' as const, '\r\n' as const),
      bom: fc.boolean(),
    })
    .map(({ shared, services, end, bom }) => {
      const parts: readonly Part[] = [
        ...(shared === null ? [] : [around('x-app: &app\n  image: ', shared, '\n')]),
        { pieces: ['services:\n'], count: 0 },
        ...services.map((part, index) => around(`  s${index}:\n`, part, '')),
        ...(shared === null
          ? []
          : [{ pieces: ['  a:\n    <<: *app\n  b:\n    <<: *app\n    platform: linux/arm64\n'], count: 0 }]),
      ];
      return {
        pieces: parts.flatMap((part) => part.pieces),
        count: parts.reduce((sum, part) => sum + part.count, 0),
        end,
        bom,
      };
    });
}
