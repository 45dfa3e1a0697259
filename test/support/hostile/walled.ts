/** Tests of what walls keep in are not run where there are none, and why is printed. */
import { sandboxHere } from '../sandbox.ts';

const found = await sandboxHere();
if ('missing' in found) process.stdout.write(`not run: hostile packages. ${found.missing}\n`);

export const noWalls = 'missing' in found;
