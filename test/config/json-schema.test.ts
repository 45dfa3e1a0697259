import { Ajv } from 'ajv';
import { parse } from 'smol-toml';
import { describe, expect, it } from 'vitest';
import { policySchema, settingsSchema } from '../../src/config/json-schema.ts';
import { readPolicy } from '../../src/config/read-policy.ts';
import { readSettings } from '../../src/config/read-settings.ts';

/** The files are made anew by `npx vitest run test/config/json-schema.test.ts --update`. */
it.each([
  ['policy', policySchema()],
  ['settings', settingsSchema()],
])('config/schema/%s.schema.json is what the table of keys gives', async (name, schema) => {
  await expect(`${JSON.stringify(schema, null, 2)}\n`).toMatchFileSnapshot(
    `../../config/schema/${name}.schema.json`,
  );
});

describe('the schemas agree with the readers', () => {
  const ajv = new Ajv({ strict: true, allowUnionTypes: true });
  const policy = ajv.compile(policySchema() as object);
  const settings = ajv.compile(settingsSchema() as object);

  it.each([
    ['', true],
    ['exclude-newer = "7 days"\nignore = ["x"]\nsolver = "uv"\n[[lock]]\npath = "x"\npython = "3.12"', true],
    ['schedule = "0 3 * * 1"\ntime-zone = "UTC"\n[pull-request]\nlabels = ["x"]\ngroup = "per-lock"', true],
    ['[images]\npin = true\ntags = "patch"\nignore = ["a/**"]', true],
    ['[images]\ntags = "major"', false],
    ['[scan]\nwith = ["osv"]\n[[scan.ignore]]\nid = "CVE-2024-1"\nreason = "r"\nuntil = "2027-01-31"', true],
    ['[scan]\nwith = ["snyk"]', false],
    ['[[scan.ignore]]\nid = "CVE-2024-1"', false],
    [
      '[[image]]\nref = "a"\nvia = ["commit"]\nsmoke = ["python"]\nrest = "7 days"\nsize-budget = "10%"',
      true,
    ],
    ['[[image]]\ndockerfile = "Dockerfile"', false],
    ['[[image]]\nref = "a"\nvia = ["push"]', false],
    ['solver = "uvx"', false],
    ['[pull-request]\nauto-merge = "on"', false],
    ['[pull-request]\nlabel = ["x"]', false],
    ['[[lock]]\nenabled = true', false],
    ['[[lock]]\npath = "x"\npython = "3"', false],
    ['ignore = "x"', false],
    ['nothing = 1', false],
  ])('policy %j: %j', (text, right) => {
    expect(policy(parse(text))).toBe(right);
    expect('policy' in readPolicy(text, 'p')).toBe(right);
  });

  it.each([
    ['timeout = 90\nparallel = 2\n[tools]\npython-downloads = true', true],
    ['timeout = "15 minutes"', true],
    ['[[credential]]\nhost = "h"\nowner = "*"\nusername = "u"\npassword = "p"', true],
    ['timeout = 1', false],
    ['[scan]\ntrivy = "off"\noffline = true', true],
    ['[scan]\noffline = "yes"', false],
    ['[builder]\nkind = "buildah"\ntimeout = "1 hour"\nmemory = "2 GiB"', true],
    ['[builder]\nkind = "kaniko"', false],
    ['parallel = 0', false],
    ['[[credential]]\nhost = "h"', false],
    ['[tool]\nuv = "x"', false],
  ])('settings %j: %j', (text, right) => {
    expect(settings(parse(text))).toBe(right);
    expect('settings' in readSettings(text, 's', {})).toBe(right);
  });
});
