import { createHash, randomBytes } from 'node:crypto';
import { createServer } from 'node:net';
import type { Server, Socket } from 'node:net';
import { dirname, join } from 'node:path';
import { writeFileSync } from 'node:fs';
import { afterAll, afterEach, describe, expect, it } from 'vitest';
import { openInside, sandboxHere } from '../support/sandbox.ts';

/** The way from inside the sandbox to the door's socket. */
const found = await sandboxHere();
if ('missing' in found) console.log(`not run: the relay of the sandbox. ${found.missing}`);

const MEGABYTE = 1024 ** 2;
const PORT = 41730;

describe.skipIf('missing' in found)('the relay of the sandbox', () => {
  const inside = openInside('bwrap' in found ? found : { bwrap: '', version: '' });
  const socket = join(dirname(inside.folder), 'door.sock');
  let server: Server | null = null;
  afterAll(() => inside.remove());
  afterEach(async () => {
    const closing = server;
    server = null;
    if (closing !== null) await new Promise((resolve) => closing.close(resolve));
  });

  async function door(serve: (connection: Socket) => void): Promise<void> {
    const made = createServer({ allowHalfOpen: true }, (connection) => {
      connection.on('error', () => undefined);
      serve(connection);
    });
    await new Promise<void>((resolve) => made.listen(socket, resolve));
    server = made;
  }
  const access = { door: socket };

  it('passes 20 MB each way, the end of one way before the other has begun', async () => {
    const big = randomBytes(20 * MEGABYTE);
    writeFileSync(join(inside.folder, 'big'), big);
    await door((connection) => {
      const chunks: Buffer[] = [];
      connection.on('data', (chunk: Buffer) => chunks.push(chunk));
      connection.on('end', () => connection.end(Buffer.concat([...chunks].reverse())));
    });
    const result = await inside.node(
      `const hash = require('node:crypto').createHash('sha256');
       const all = [];
       const connection = require('node:net').connect({ port: ${PORT}, host: '127.0.0.1', allowHalfOpen: true });
       connection.on('data', (chunk) => all.push(chunk)).on('end', () => {
         const bytes = Buffer.concat(all);
         console.log(bytes.length);
       });
       connection.end(require('node:fs').readFileSync('big'));`,
      { access },
    );
    expect(result).toMatchObject({ exitCode: 0, stdout: `${20 * MEGABYTE}\n`, stderr: '' });
  });

  it('keeps every byte in its order, on many connections at once', async () => {
    const big = randomBytes(3 * MEGABYTE);
    const expected = createHash('sha256').update(big).digest('hex');
    writeFileSync(join(inside.folder, 'big'), big);
    await door((connection) => connection.pipe(connection));
    const result = await inside.node(
      `const { connect } = require('node:net');
       const big = require('node:fs').readFileSync('big');
       for (let i = 0; i < 12; i += 1) {
         const hash = require('node:crypto').createHash('sha256');
         connect({ port: ${PORT}, host: '127.0.0.1', allowHalfOpen: true })
           .on('data', (chunk) => hash.update(chunk))
           .on('end', () => console.log(hash.digest('hex')))
           .end(big);
       }`,
      { access },
    );
    expect(result.stdout.trim().split('\n')).toEqual(Array.from({ length: 12 }, () => expected));
  });

  it('waits for a slow reader instead of holding all in memory', async () => {
    let sent = 0;
    await door((connection) => {
      const chunk = Buffer.alloc(MEGABYTE);
      const more = (): void => {
        let goOn = true;
        while (goOn && sent < 200) {
          goOn = connection.write(chunk);
          sent += 1;
        }
        connection.once('drain', more);
      };
      more();
    });
    await inside.node(
      `const connection = require('node:net').connect({ port: ${PORT}, host: '127.0.0.1' }, () => {
         connection.pause();
         setTimeout(() => process.exit(0), 700);
       });`,
      { access },
    );
    expect(sent).toBeGreaterThan(0);
    expect(sent).toBeLessThan(60);
  });

  it('breaks a connection off where the door does, or is not there', async () => {
    const ask = `require('node:net').connect({ port: ${PORT}, host: '127.0.0.1' })
      .on('data', () => undefined)
      .on('error', (error) => console.log(error.code)).on('close', () => console.log('closed'))
      .write('hello')`;
    await door((connection) => connection.once('data', () => connection.destroy()));
    expect((await inside.node(ask, { access })).stdout).toContain('closed');
    const closing = server;
    server = null;
    const again = inside.node(`setTimeout(() => { ${ask} }, 600)`, {
      access,
      onStart: () => setTimeout(() => closing?.close(), 300),
    });
    expect((await again).stdout).toMatch(/ECONNRESET\nclosed|closed/u);
  });

  it('listens on loopback and nowhere else, and there is no other way out', async () => {
    await door((connection) => connection.end('the door'));
    const result = await inside.node(
      `const { connect } = require('node:net');
       const { networkInterfaces } = require('node:os');
       console.log(Object.keys(networkInterfaces()).join());
       connect({ port: ${PORT}, host: '::1' }).on('error', (error) => console.log(error.code));
       connect({ port: ${PORT} + 1, host: '127.0.0.1' }).on('error', (error) => console.log(error.code));
       connect({ port: 53, host: '10.0.0.1' }).on('error', (error) => console.log(error.code));`,
      { access },
    );
    const [interfaces, ...errors] = result.stdout.trim().split('\n');
    expect(interfaces).toBe('lo');
    expect(errors.sort()).toEqual(['ECONNREFUSED', 'ECONNREFUSED', 'ENETUNREACH']);
  });

  it.each([
    ['exit 3', 3],
    ['kill -9 $$', null],
    ['exit 0', 0],
  ])('gives its program all that it has: %s', async (script, exitCode) => {
    await door((connection) => connection.end());
    const result = await inside.shell(`echo "$PWD $A"; echo err >&2; cat; ${script}`, {
      access,
      env: { PATH: '/usr/bin:/bin', A: 'b c' },
    });
    expect(result).toMatchObject({ exitCode, stdout: `${inside.folder} b c\n` });
    expect(result.stderr).toMatch(/^err\n/u);
  });

  it('is ended with its program, and adds less than 150 ms', async () => {
    await door((connection) => connection.end());
    const times: number[] = [];
    for (let round = 0; round < 5; round += 1) {
      times.push((await inside.shell('(sleep 30 &); true', { access })).seconds);
    }
    expect(Math.min(...times)).toBeLessThan(0.15);
  });
});
