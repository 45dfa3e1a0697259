/** The whole text of a compiled lock: header, body, line ends, BOM; and a last look at it before it is written. Pure. */
import type { Reason } from '../../model.ts';
import type { Facts } from '../ecosystem.ts';
import { parseRequirements } from '../requirements/parse.ts';
import { readText, reason } from '../tree.ts';
import type { CompileSpec } from './spec.ts';
import type { Wishes } from './wishes.ts';

/** @param body with `\n` ends. */
export function wholeText(spec: CompileSpec, header: string, body: string): string {
  const top = header === '' || header.endsWith('\n') ? header : `${header}\n`;
  const text = `${top}${body}`;
  return `${spec.bom ? '\uFEFF' : ''}${spec.newline === '\n' ? text : text.replaceAll('\n', spec.newline)}`;
}

/**
 * Threat: a mirror's address, or a folder of this machine, in a published lock; or a solver that ended well with nothing
 * written.
 * @returns why the text must not be written, or null.
 */
export function whyUnfit(spec: CompileSpec, facts: Facts, wishes: Wishes, text: string): Reason | null {
  const { entries } = parseRequirements(text);
  const broken = entries.find((entry) => entry.kind === 'unreadable');
  if (broken !== undefined) {
    return unfit(spec, `line ${broken.line} of it is no requirement (${broken.why})`);
  }
  const wanted = wishes.wishes.some(
    ({ requirement, isConstraint }) => !isConstraint && requirement.marker === '',
  );
  if (wanted && !entries.some(({ kind }) => kind === 'requirement' || kind === 'include')) {
    const leftOut = /^# [A-Za-z0-9][\w.-]*$/mu.test(text);
    if (!leftOut) return unfit(spec, 'it holds no pin although the inputs name packages');
  }
  const known = [
    readText(facts.tree, spec.lock) ?? '',
    ...wishes.globals.map(({ option }) => option.value ?? ''),
  ];
  if (facts.index.isMirror) {
    const host = facts.index.url.replace(/^[a-z]+:\/\/(?:[^/@]*@)?/iu, '').replace(/\/.*$/u, '');
    if (host !== '' && text.includes(`/${host}/`) && !known.some((one) => one.includes(host))) {
      return unfit(spec, `it names ${host}, the index that stands for the public one on this machine`);
    }
  }
  const folder = /\bfile:\/\/(\/\S*)/u.exec(text)?.[0];
  const isOwn =
    folder === undefined ||
    known.some((one) => one.includes(folder)) ||
    wishes.wishes.some(({ requirement }) => requirement.url?.includes('file:/') === true);
  return isOwn ? null : unfit(spec, `it names a folder of this machine (${folder})`);
}

function unfit(spec: CompileSpec, why: string): Reason {
  return reason(
    'tool-failed',
    `${spec.lock} was solved, but the text is not fit to be written: ${why}.`,
    'Compile the lock by hand and compare; if it comes out well there, please report this as a defect of Relock.',
  );
}
