/** Plays the steps of a hand-pinned file with what uv is made to say. */
import { pinnedEcosystem } from '../../../src/locks/pinned/ecosystem.ts';
import type { Facts, Step, StepResult } from '../../../src/locks/ecosystem.ts';
import type { Command } from '../../../src/model.ts';
import { POLICY, factsOf, treeOf } from './tree.ts';

export const DOCKERFILE = 'FROM python:3.11-slim\nRUN pip install -r requirements.txt\n';

export const UNSATISFIABLE = [
  'error: No solution found when resolving dependencies',
  '  cause: Because only a<=1 is available and you require a>=2, we can conclude that your requirements are unsatisfiable.',
].join('\n');

/** What uv says to one command: its output file, or its error. */
export type Answer = string | { readonly error: string } | { readonly text: string; readonly said: string };

interface Played {
  readonly commands: readonly Command[];
  /** The input of each command. */
  readonly inputs: readonly string[];
  /** What the private copy held beside the tree when each command ran. */
  readonly copies: readonly ReadonlyMap<string, string>[];
  readonly end: Step;
  /** What the private copy holds at the end, beside the tree. */
  readonly files: ReadonlyMap<string, string>;
}

export type Files = Parameters<typeof treeOf>[0];

export function play(
  path: string,
  files: Files,
  answers: readonly Answer[],
  more: Partial<Facts> = {},
): Played {
  const tree = treeOf(files);
  const lock = pinnedEcosystem.detect(tree, POLICY).locks.find(({ target }) => target.path === path);
  if (lock === undefined) throw new Error(`${path} is not claimed`);
  const facts = factsOf(tree, more);
  const history: StepResult[] = [];
  const commands: Command[] = [];
  const inputs: string[] = [];
  const copies: ReadonlyMap<string, string>[] = [];
  const written = new Map<string, string>();
  for (;;) {
    const step = lock.next(facts, history);
    if (step.do === 'done' || step.do === 'fail') {
      return { commands, inputs, copies, end: step, files: written };
    }
    if (step.do === 'write') {
      for (const [file, text] of Object.entries(step.files)) {
        if (text === null) written.delete(file);
        else written.set(file, text);
      }
      history.push({ step, result: null, files: {} });
      continue;
    }
    const { command } = step;
    const answer = answers[commands.length];
    if (answer === undefined) throw new Error(`one command too many: ${command.argv.join(' ')}`);
    commands.push(command);
    copies.push(new Map(written));
    const folder = command.cwd === '.' ? '' : `${command.cwd}/`;
    inputs.push(written.get(folder + (command.argv.at(-1) ?? '')) ?? '');
    const [output = ''] = command.outputs;
    const text = typeof answer === 'string' ? answer : 'text' in answer ? answer.text : null;
    const isGood = text !== null;
    if (isGood) written.set(output, text);
    const said = typeof answer === 'string' ? '' : 'text' in answer ? answer.said : answer.error;
    history.push({
      step,
      result: { exitCode: isGood ? 0 : 1, timedOut: false, stdout: '', stderr: said, seconds: 1 },
      files: { [output]: text },
    });
  }
}
