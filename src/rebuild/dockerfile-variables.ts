/** ARG and ENV with the places of names and defaults. Pure. */
import type { DockerInstruction } from '../images/dockerfile-lines.ts';
import { sliceOf, spanOf, type LocatedText } from '../images/located-text.ts';
import type { VariablePlace } from './dockerfile-outline.ts';

const NAME = /^[A-Za-z_][A-Za-z0-9_]*$/u;

/** `ARG A=1 B="2" C`. */
export function argumentsOf(instruction: DockerInstruction, line: number): readonly VariablePlace[] {
  return instruction.words.flatMap((word) => {
    const place = nameOf(word);
    if (place === null) return [];
    const value = place.equals === -1 ? null : withoutQuotes(sliceOf(word, place.equals + 1));
    const nameEnd = (word.at[place.name.length - 1] ?? instruction.start) + 1;
    return [
      {
        keyword: 'ARG' as const,
        name: place.name,
        line,
        start: instruction.start,
        value: value?.text ?? null,
        span: value === null ? null : spanOfValue(value, word, place.equals),
        nameEnd,
      },
    ];
  });
}

/** `ENV A=1 B=2`, or the old `ENV A 1`. */
export function environmentOf(instruction: DockerInstruction, line: number): readonly VariablePlace[] {
  const isOld = instruction.words[0]?.text.includes('=') === false;
  return instruction.words.slice(0, isOld ? 1 : undefined).flatMap((word) => {
    const place = nameOf(word);
    if (place === null) return [];
    const nameEnd = (word.at[place.name.length - 1] ?? instruction.start) + 1;
    const { start } = instruction;
    return [{ keyword: 'ENV' as const, name: place.name, line, start, value: null, span: null, nameEnd }];
  });
}

function nameOf({ text }: LocatedText): { readonly name: string; readonly equals: number } | null {
  const equals = text.indexOf('=');
  const name = equals === -1 ? text : text.slice(0, equals);
  return NAME.test(name) ? { name, equals } : null;
}

function withoutQuotes(value: LocatedText): LocatedText {
  const quote = value.text[0];
  const isQuoted = value.text.length > 1 && (quote === '"' || quote === "'") && value.text.endsWith(quote);
  return isQuoted ? sliceOf(value, 1, value.text.length - 1) : value;
}

function spanOfValue(value: LocatedText, word: LocatedText, equals: number): VariablePlace['span'] {
  if (value.text !== '') return spanOf(value, 0, value.text.length);
  const at = word.at[equals];
  // Behind `=`, or between the quotes.
  const start = at === undefined ? null : at + 1 + (word.text.length > equals + 1 ? 1 : 0);
  return start === null ? null : { start, end: start };
}
