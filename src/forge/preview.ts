/** The forge of a run that changes nothing: what is shown of its outcome is the caller's business. */
import type { Forge } from './forge.ts';

export const previewForge: Forge = { apply: () => Promise.resolve() };
