/**
 * The first program inside the sandbox: `node relay.mjs SOCKET PORT -- PROGRAM ARGS…`. Listens on loopback, passes bytes both
 * ways to the unix socket of the door, and runs the program, whose exit code is its own (128 and the number of a signal).
 *
 * Runs alone, from its text: it imports only what Node brings.
 */
import { spawn } from 'node:child_process';
import { writeSync } from 'node:fs';
import { connect, createServer } from 'node:net';
import type { Server } from 'node:net';
import { constants } from 'node:os';

/** Exit codes as shells and `env` give them. */
const NOT_STARTED = 127;
const OWN_FAILURE = 125;
/** Connections beyond these wait for nothing: they are closed. */
const MOST_CONNECTIONS = 1000;

function relay(socket: string): Server {
  const server = createServer({ allowHalfOpen: true, noDelay: true }, (inside) => {
    const outside = connect({ path: socket, allowHalfOpen: true });
    // Each side's end is passed on by `pipe`, so that a half-closed connection stays one; an error ends both.
    inside.on('error', () => outside.destroy()).on('close', () => outside.destroy());
    outside.on('error', () => inside.resetAndDestroy()).on('close', () => inside.destroySoon());
    inside.pipe(outside).pipe(inside);
  });
  server.maxConnections = MOST_CONNECTIONS;
  return server;
}

function run(file: string, args: readonly string[]): void {
  const child = spawn(file, args, { stdio: 'inherit' });
  child.on('error', (error) => fail(NOT_STARTED, `${file} cannot be started: ${error.message}`));
  child.on('exit', (code, signal) => {
    process.exit(code ?? 128 + (signal === null ? 0 : constants.signals[signal]));
  });
  for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP'] as const) process.on(signal, () => child.kill(signal));
}

function fail(code: number, message: string): never {
  writeSync(2, `relay: ${message}\n`);
  process.exit(code);
}

// `pipe` compares with these, and making them has the streams that we share with the program stop blocking: what it prints beyond
// the streams' buffer would then fail (EAGAIN).
for (const name of ['stdout', 'stderr']) Object.defineProperty(process, name, { value: null });

const [socket, port, dashes, file, ...args] = process.argv.slice(2);
if (socket === undefined || port === undefined || dashes !== '--' || file === undefined) {
  fail(OWN_FAILURE, 'usage: SOCKET PORT -- PROGRAM ARGS…');
}
const server = relay(socket);
server.on('error', (error) => fail(OWN_FAILURE, error.message));
server.listen(Number(port), '127.0.0.1', () => run(file, args));
