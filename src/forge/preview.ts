/** The forge of a dry run: the pull request is printed, nothing is changed. */
import type { Forge } from './forge.ts';

/** @param print takes whole lines of Markdown. */
export function previewForge(print: (text: string) => void): Forge {
  return {
    apply(actions) {
      for (const { pullRequest } of actions) print(`# ${pullRequest.title}\n\n${pullRequest.body}\n`);
      return Promise.resolve();
    },
  };
}
