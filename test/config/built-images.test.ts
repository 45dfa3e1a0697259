import { describe, expect, it } from 'vitest';
import { NO_POLICY } from '../../src/config/defaults.ts';
import { mergePolicies } from '../../src/config/merge-policies.ts';
import type { WrittenPolicy } from '../../src/config/policy-keys.ts';
import { readPolicy, readWrittenPolicy } from '../../src/config/read-policy.ts';
import type { BuiltImage } from '../../src/rebuild/model.ts';

const PATH = '.github/relock.toml';
const IMAGE = '[[image]]\nref = "ghcr.io/acme/app:latest"\n';
const PLAIN: BuiltImage = {
  ref: 'ghcr.io/acme/app:latest',
  dockerfile: 'Dockerfile',
  context: '.',
  platforms: ['linux/amd64'],
  rebuild: 'security',
  via: ['commit'],
  workflow: null,
  smoke: [],
  restDays: 7,
  sizeBudget: null,
};

function errorsOf(text: string): readonly string[] {
  const read = readPolicy(text, PATH);
  return 'errors' in read ? read.errors.map((error) => `${error.path}:${error.line}: ${error.message}`) : [];
}

function written(text: string): WrittenPolicy {
  const read = readWrittenPolicy(text, PATH);
  if ('errors' in read) throw new Error(JSON.stringify(read.errors));
  return read.written;
}

describe('reads', () => {
  it.each<[string, Partial<BuiltImage>]>([
    [IMAGE, {}],
    ['[[image]]\nref = "ghcr.io/acme/app"', { ref: 'ghcr.io/acme/app:latest' }],
    ['[[image]]\nref = "localhost:5000/app"', { ref: 'localhost:5000/app:latest' }],
    ['[[image]]\nref = "acme/app:v1"', { ref: 'acme/app:v1' }],
    [
      `${IMAGE}context = "./services/app/"`,
      { context: 'services/app', dockerfile: 'services/app/Dockerfile' },
    ],
    [
      `${IMAGE}context = "app"\ndockerfile = "./docker/app.Dockerfile"`,
      { context: 'app', dockerfile: 'docker/app.Dockerfile' },
    ],
    [`${IMAGE}context = "."`, {}],
    [
      `${IMAGE}platforms = ["linux/amd64", "linux/arm64", "linux/amd64"]`,
      { platforms: ['linux/amd64', 'linux/arm64'] },
    ],
    [`${IMAGE}rebuild = "monthly"`, { rebuild: 'monthly' }],
    [
      `${IMAGE}via = ["workflow", "commit", "workflow"]\nworkflow = "build-image.yaml"`,
      { via: ['workflow', 'commit'], workflow: 'build-image.yaml' },
    ],
    [`${IMAGE}workflow = "build.yml"`, { workflow: 'build.yml' }],
    [`${IMAGE}smoke = ["python", "-c", "import app\\n"]`, { smoke: ['python', '-c', 'import app\n'] }],
    [`${IMAGE}rest = "3 days"`, { restDays: 3 }],
    [`${IMAGE}rest = "36 hours"`, { restDays: 1.5 }],
    [`${IMAGE}size-budget = "20 MB"`, { sizeBudget: { bytes: 20e6 } }],
    [`${IMAGE}size-budget = "1.5GiB"`, { sizeBudget: { bytes: 1.5 * 1024 ** 3 } }],
    [`${IMAGE}size-budget = "10%"`, { sizeBudget: { percent: 10 } }],
    [`${IMAGE}size-budget = "2.5 %"`, { sizeBudget: { percent: 2.5 } }],
  ])('%j', (text, said) => {
    expect(readPolicy(text, PATH)).toEqual({
      policy: { ...NO_POLICY, builtImages: [{ ...PLAIN, ...said }] },
    });
  });

  it('several, in their order, and two tags of one image', () => {
    const read = readPolicy(`${IMAGE}[[image]]\nref = "ghcr.io/acme/app:slim"`, PATH);
    expect('policy' in read && read.policy.builtImages.map(({ ref }) => ref)).toEqual([
      'ghcr.io/acme/app:latest',
      'ghcr.io/acme/app:slim',
    ]);
  });
});

describe('says with file, line and what is right', () => {
  it.each([
    ['[[image]]\ndockerfile = "Dockerfile"', [':1: `[[image]]` lacks `ref`.', 'Add `ref = "ghcr.io/acme']],
    [
      `[[image]]\nref = "ghcr.io/acme/app@sha256:${'0'.repeat(64)}"`,
      [':2: `image.ref` is', 'it has a digest, which the next build changes'],
    ],
    ['[[image]]\nref = "ghcr.io/Acme/app:latest"', [':2:', 'it is not the name of an image']],
    ['[[image]]\nref = "ghcr.io/acme/app:${TAG}"', ['variables are not known here']],
    ['[[image]]\nref = ""', ['it is not the name of an image']],
    [`${IMAGE}dockerfile = "../Dockerfile"`, [':3: `image.dockerfile`', 'not a path inside the repository']],
    [`${IMAGE}dockerfile = "/Dockerfile"`, ['not a path inside the repository']],
    [`${IMAGE}dockerfile = "docker/"`, ['it is not a file']],
    [`${IMAGE}dockerfile = "."`, ['it is not a file']],
    [`${IMAGE}context = "a/../.."`, [':3: `image.context`', 'not a path inside the repository']],
    [`${IMAGE}context = "a\\u0007"`, ['it has control characters']],
    [`${IMAGE}platforms = []`, [':3: `image.platforms` is empty.', 'leave the key out']],
    [`${IMAGE}platforms = ["arm64"]`, ['`image.platforms[0]` is "arm64": it is not a platform']],
    [
      `${IMAGE}platforms = [${Array.from({ length: 17 }, (_, at) => `"linux/a${at}"`).join(',')}]`,
      ['more than 16'],
    ],
    [`${IMAGE}rebuild = "securty"`, ['"security", "any", "monthly" (did you mean "security"?)']],
    [`${IMAGE}via = []`, [':3: `image.via` is empty.']],
    [`${IMAGE}via = "commit"`, ['`image.via` is a text, not a list of texts.', 'Write `via = ["commit"]`.']],
    [`${IMAGE}via = ["worklow"]`, ['did you mean "workflow"?']],
    [`${IMAGE}via = ["workflow"]`, [':3:', 'no `workflow` is named.', 'Add `workflow = "build.yml"`']],
    [
      `${IMAGE}workflow = ".github/workflows/build.yml"`,
      [':3: `image.workflow`', 'it must be the name of the file alone'],
    ],
    [`${IMAGE}workflow = "build"`, ['it is not the file of a workflow']],
    [`${IMAGE}workflow = "..yml"`, ['it is not the file of a workflow']],
    [`${IMAGE}smoke = "python -c 1"`, ['`image.smoke` is a text, not a list of texts.']],
    [`${IMAGE}smoke = ["python", ""]`, ['`image.smoke[1]` is "": it is empty']],
    [`${IMAGE}rest = 7`, [':3: `image.rest` is a number, not a text. Write `rest = "7 days"`.']],
    [`${IMAGE}rest = "soon"`, ['it is not a time']],
    [`${IMAGE}rest = "1 year"`, ['it is not from one hour to 90 days']],
    [`${IMAGE}size-budget = "20"`, ['it is neither a size nor a share', 'Write `size-budget = "20 MB"`.']],
    [`${IMAGE}size-budget = "0%"`, ['it is neither a size nor a share']],
    [`${IMAGE}size-budget = "0 MB"`, ['it is neither a size nor a share']],
    [
      `${IMAGE}[[image]]\nref = "ghcr.io/acme/app"`,
      [':4: `[[image]]` names ghcr.io/acme/app:latest twice.', 'Keep one table for each image.'],
    ],
    [
      '[[image]]\nref = "acme/app"\n[[image]]\nref = "docker.io/acme/app:latest"',
      [':4: `[[image]]` names docker.io/acme/app:latest twice.'],
    ],
    ['[image]\nref = "a"', ['`image` is a table, not a list of tables.', '`[[image]]`']],
    ['[[images]]\nref = "a"', ['`images` is a list, not a table.']],
    ['dockerfile = "Dockerfile"', ['`dockerfile` belongs in `[[image]]`']],
    [`${IMAGE}smoketest = ["x"]`, [':3: There is no key "smoketest" in `[[image]]`']],
    [
      Array.from({ length: 101 }, (_, at) => `[[image]]\nref = "a:${at}"\n`).join(''),
      [':201: There are more than 100 `[[image]]`.'],
    ],
  ])('%j', (text, parts) => {
    const errors = errorsOf(text);
    expect(errors).toHaveLength(1);
    for (const part of parts) expect(errors[0]).toContain(part);
  });

  it('and is not led astray by keys of the prototype', () => {
    expect(errorsOf(`${IMAGE}__proto__ = "x"`)[0]).toContain('There is no key "__proto__" in `[[image]]`');
  });
});

describe('an organisation', () => {
  it('has its list replaced as a whole, also by an empty one', () => {
    const organisation = written(`${IMAGE}rebuild = "any"`);
    const own = written('[[image]]\nref = "ghcr.io/acme/other"');
    expect(mergePolicies(organisation, own).builtImages).toMatchObject([
      { ref: 'ghcr.io/acme/other:latest', rebuild: 'security' },
    ]);
    expect(mergePolicies(organisation, written('solver = "uv"')).builtImages).toMatchObject([
      { rebuild: 'any' },
    ]);
    expect(mergePolicies(organisation, written('image = []')).builtImages).toEqual([]);
    expect(mergePolicies(null, null).builtImages).toEqual([]);
  });
});
