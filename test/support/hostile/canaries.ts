/** Things of the host that nothing in a sandbox may touch; each counts who does. */
import { spawn } from 'node:child_process';
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { createServer, type AddressInfo, type Server } from 'node:net';
import { networkInterfaces } from 'node:os';

export interface Canaries {
  /** Answers HTTP on all addresses of this machine. */
  readonly port: number;
  readonly datagramPort: number;
  readonly abstractSocket: string;
  /** What came in, in words; empty as long as all is well. */
  readonly touched: readonly string[];
  /** Of this machine, besides loopback. */
  readonly addresses: readonly string[];
  /** A process of the host whose arguments and environment hold a secret. */
  readonly hostPid: number;
  readonly hostIsAlive: () => boolean;
  close(): Promise<void>;
}

export async function startCanaries(
  enginePath: string,
  secrets: { readonly argument: string; readonly variable: string },
): Promise<Canaries> {
  const touched: string[] = [];
  const servers: Server[] = [];
  async function listen(where: Parameters<Server['listen']>[0], name: string): Promise<Server> {
    const server = createServer((socket) => {
      socket.on('error', () => undefined);
      const from = touched.push(`${name}: connected`) - 1;
      socket.once('data', (data) => {
        touched[from] = `${name}: ${data.toString('latin1').split('\r\n', 1)[0] ?? ''}`;
        socket.end('HTTP/1.1 200 OK\r\nContent-Length: 6\r\nConnection: close\r\n\r\ncanary');
      });
    });
    servers.push(server);
    server.listen(where);
    await once(server, 'listening');
    return server;
  }
  // IPv6 and IPv4 alike, where there is IPv6 at all.
  const tcp = await listen({ port: 0, host: '::' }, 'loopback').catch(() =>
    listen({ port: 0, host: '0.0.0.0' }, 'loopback'),
  );
  const { port } = tcp.address() as AddressInfo;
  await listen({ path: enginePath }, 'container engine');
  const abstractSocket = `relock-hostile-${process.pid}-${port}`;
  await listen({ path: `\0${abstractSocket}` }, 'abstract socket');

  const udp = createSocket('udp4').on('message', (data) => touched.push(`datagram: ${data.length}`));
  udp.bind(0, '0.0.0.0');
  await once(udp, 'listening');

  const idle = 'setInterval(() => undefined, 1000)';
  const host = spawn(process.execPath, ['-e', idle, '--', secrets.argument], {
    env: { HOST_SECRET: secrets.variable },
    stdio: 'ignore',
  });
  const addresses = Object.values(networkInterfaces())
    .flatMap((all) => all ?? [])
    .filter(({ internal, address }) => !internal && !address.startsWith('fe80'))
    .map(({ address }) => address);
  return {
    port,
    datagramPort: udp.address().port,
    abstractSocket,
    touched,
    addresses,
    hostPid: host.pid ?? 0,
    hostIsAlive: () => host.exitCode === null && host.signalCode === null && host.kill(0),
    async close() {
      host.kill('SIGKILL');
      udp.close();
      for (const server of servers) await new Promise((resolve) => server.close(resolve));
    },
  };
}
