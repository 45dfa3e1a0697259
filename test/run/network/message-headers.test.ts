import { expect, it } from 'vitest';
import { forwardable } from '../../../src/run/network/message-headers.ts';

/** `Name: value` lines as Node's flat list, and back. */
function through(lines: readonly string[], drop?: readonly string[]): string[] {
  const kept = forwardable(
    lines.flatMap((line) => line.split(': ')),
    drop,
  );
  return kept.flatMap((name, index) => (index % 2 === 0 ? [`${name}: ${kept[index + 1]}`] : []));
}

it('drops what is for one hop, also what the sender names as such, and nothing else', () => {
  const wanted = ['Host: a.example', 'Accept: */*', 'Set-Cookie: a=1', 'Set-Cookie: b=2'];
  const forOneHop = [
    'Proxy-Authorization: Basic x',
    'Connection: close, X-Hop',
    'x-hop: 1',
    'Transfer-Encoding: chunked',
    'TE: trailers',
    'Upgrade: h2c',
    'Keep-Alive: timeout=5',
  ];
  expect(through([...forOneHop, ...wanted, 'Authorization: Basic y'], ['authorization'])).toEqual(wanted);
});

it('does not let a sender drop the length or the host', () => {
  expect(through(['Connection: Content-Length, Host', 'Content-Length: 3', 'Host: a.example'])).toEqual([
    'Content-Length: 3',
    'Host: a.example',
  ]);
});
