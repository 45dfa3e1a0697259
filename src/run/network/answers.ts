/** What the door says itself. */
import type { ServerResponse } from 'node:http';
import type { Duplex } from 'node:stream';

/** One line of ASCII. Threat: a line break in it would begin a header. */
export function printable(text: string): string {
  return text.replace(/[^\x20-\x7E]/gu, '?').slice(0, 500);
}

/** The text is body and reason phrase, since most clients show only the latter. */
export function sendText(
  response: ServerResponse,
  status: number,
  text: string,
  headers: Readonly<Record<string, string>> = {},
): void {
  const line = printable(text);
  response.writeHead(status, line, {
    'content-type': 'text/plain; charset=utf-8',
    'content-length': line.length + 1,
    'cache-control': 'no-store',
    ...headers,
  });
  response.end(response.req.method === 'HEAD' ? undefined : `${line}\n`);
}

/** Answers a CONNECT request with a refusal and ends the connection. */
export function refuseConnect(client: Duplex, statusLine: string, header = ''): void {
  client.end(`HTTP/1.1 ${printable(statusLine)}\r\n${header}Content-Length: 0\r\nConnection: close\r\n\r\n`);
  // A client that never reads the answer keeps nothing open.
  client.once('finish', () => client.destroy());
}
