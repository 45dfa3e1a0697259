import { describe, expect, it } from 'vitest';
import { withPublicAddresses } from '../../../src/locks/uv/rewrite.ts';

const HASH = 'ab'.repeat(30);
const PUBLIC = `https://files.pythonhosted.org/packages/ab/cd/${HASH}/x-1.tar.gz`;
const MIRROR = 'https://mirror.example/pypi/simple';

function lock(registry: string, url: string): string {
  return `version = 1\n\n[[package]]\nname = "x"\nsource = { registry = "${registry}" }\nsdist = { url = "${url}", hash = "sha256:1" }\n`;
}

describe('withPublicAddresses', () => {
  it.each([
    ['addresses of the public files stay', lock(MIRROR, PUBLIC), ''],
    [
      'the public path on another host',
      lock(MIRROR, `https://mirror.example/pypi/packages/ab/cd/${HASH}/x-1.tar.gz`),
      '',
    ],
    [
      'with a fragment',
      lock(`${MIRROR}/`, `https://m.example/packages/ab/cd/${HASH}/x-1.tar.gz#sha256=1`),
      '',
    ],
    ['with a user in the address', lock('https://user:****@mirror.example/pypi/simple', PUBLIC), ''],
    [
      'by the name of a file that the lock had',
      lock(MIRROR, 'https://mirror.example/+f/1/x-1.tar.gz'),
      lock('', PUBLIC),
    ],
  ])('%s', (_name, text, before) => {
    expect(withPublicAddresses(text, MIRROR, before)).toEqual({
      text: lock('https://pypi.org/simple', PUBLIC),
    });
  });

  it('names what it cannot put back', () => {
    const url = 'https://mirror.example/+f/1/x-1.tar.gz';
    expect(withPublicAddresses(lock(MIRROR, url), MIRROR, '')).toEqual({ stranger: url });
  });

  it('leaves other indexes alone', () => {
    const text = lock('https://torch.example/whl', `https://torch.example/packages/ab/cd/${HASH}/x-1.tar.gz`);
    expect(withPublicAddresses(text, MIRROR, '')).toEqual({ text });
  });

  it('takes packages without an index for the mirror’s only where asked, as far as addresses show', () => {
    const at = (url: string): string => `[[packages]]\nname = "x"\nsdist = { url = "${url}" }\n`;
    const moved = at(`https://mirror.example/packages/ab/cd/${HASH}/x-1.tar.gz`);
    expect(withPublicAddresses(moved, MIRROR, '')).toEqual({ text: moved });
    expect(withPublicAddresses(moved, MIRROR, '', { unnamed: true })).toEqual({ text: at(PUBLIC) });
    const other = at('https://torch.example/x-1.whl');
    expect(withPublicAddresses(other, MIRROR, '', { unnamed: true })).toEqual({ text: other });
    const own = at('https://mirror.example/+f/x-1.whl');
    expect(withPublicAddresses(own, MIRROR, '', { unnamed: true })).toEqual({
      stranger: 'https://mirror.example/+f/x-1.whl',
    });
  });
});
