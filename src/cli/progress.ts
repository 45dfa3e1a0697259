/** What is under way, on standard error: a live line on a terminal, plain lines elsewhere. */
import { styleText } from 'node:util';
import type { RunEvent } from '../engine/events.ts';
import type { TargetResult } from '../model.ts';
import { duration, plural } from '../report/count.ts';
import { visible } from '../report/markdown.ts';

export interface Progress {
  readonly observe: (event: RunEvent) => void;
  /** Clears the live line. */
  stop(): void;
}

const TICK_MS = 120;
const FRAMES = ['⠋', '⠙', '⠹', '⠸', '⠼', '⠴', '⠦', '⠧', '⠇', '⠏'];

/** @param stream standard error; @param clock milliseconds, monotonic. */
export function createProgress(stream: NodeJS.WriteStream, quiet: boolean, clock: () => number): Progress {
  if (quiet) return { observe: () => undefined, stop: () => undefined };
  const live = stream.isTTY && process.env['TERM'] !== 'dumb';
  const running = new Map<string, number>();
  let total = 0;
  let done = 0;
  let stage = '';
  let frame = 0;
  const clear = (): void => {
    if (live) stream.write('\r\u001B[2K');
  };
  const say = (line: string): void => {
    clear();
    stream.write(`${line}\n`);
  };
  const draw = (): void => {
    frame += 1;
    const names = [...running].map(
      ([path, since]) => `${visible(path)} ${duration((clock() - since) / 1000)}`,
    );
    const text = names.length === 0 ? stage : `${done} of ${total}: ${names.join(', ')}`;
    // A pseudo-terminal that nobody gave a size has none.
    const width = Math.max(20, (stream.columns || 80) - 4);
    clear();
    stream.write(
      `${FRAMES[frame % FRAMES.length] ?? ''} ${text.length > width ? `${text.slice(0, width - 1)}…` : text}`,
    );
  };
  const timer = live ? setInterval(draw, TICK_MS) : null;
  timer?.unref();
  return {
    observe(event) {
      switch (event.kind) {
        case 'planned':
          total = event.targets.length;
          say(`Found ${plural(total, 'lock')} to re-lock.`);
          break;
        case 'preparing':
          stage = `preparing ${event.what}`;
          break;
        case 'started':
          running.set(event.path, clock());
          if (!live) say(`${visible(event.path)}: started`);
          break;
        case 'running':
          break;
        case 'finished':
          running.delete(event.result.target.path);
          done += 1;
          say(finishedLine(event.result, stream));
          stage = 'writing the report';
          break;
        default:
          event satisfies never;
      }
    },
    stop() {
      if (timer !== null) clearInterval(timer);
      clear();
    },
  };
}

function finishedLine(
  { target, status, reason, changes, seconds }: TargetResult,
  stream: NodeJS.WriteStream,
): string {
  const format = status === 'failed' ? 'red' : status === 'updated' ? 'green' : 'dim';
  const what =
    status === 'updated' ? plural(changes.length, 'change') : (reason?.message ?? 'nothing to change');
  // `styleText` looks at the stream and at NO_COLOR itself.
  return `${visible(target.path)}: ${styleText(format, status, { stream })}, ${visible(what)}, ${duration(seconds)}`;
}
