/** The relay as plain JavaScript. */
import { readFileSync } from 'node:fs';
// As a whole, since older Nodes, which run the published package, do not have the one function.
import nodeModule from 'node:module';

/** Read once, at first need. */
let text: string | null = null;

/** Compiled in the published package; in the source tree, its types are taken out. */
export function relaySource(): string {
  text ??= import.meta.url.endsWith('.js')
    ? readFileSync(new URL('./relay.js', import.meta.url), 'utf8')
    : withoutTypes(readFileSync(new URL('./relay.ts', import.meta.url), 'utf8'));
  return text;
}

/** Without Node's warning that the function may yet change: it would be on the terminal of whoever works on Relock. */
function withoutTypes(source: string): string {
  const warn = process.emitWarning.bind(process);
  process.emitWarning = () => undefined;
  try {
    return nodeModule.stripTypeScriptTypes(source);
  } finally {
    process.emitWarning = warn;
  }
}
