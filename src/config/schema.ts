/**
 * How a configuration file is described: a table of keys says which there are, what they may hold and what they mean.
 * The checks, the types of what was read and the JSON schemas for editors all come from it. Types only.
 */

interface Common {
  /** For the schema and for messages: a full sentence. */
  readonly description: string;
  readonly required?: boolean;
}

export interface TextField extends Common {
  readonly type: 'string';
  readonly oneOf?: readonly string[];
  /** Source of an anchored regular expression, for the schema and the check. */
  readonly pattern?: string;
  /** Why a value is wrong, as the end of a sentence; null when it is right. */
  readonly check?: (value: string) => string | null;
  /** A right value, for messages. */
  readonly example: string;
  /** Its value never shows in a message. */
  readonly secret?: boolean;
}

interface FlagField extends Common {
  readonly type: 'boolean';
}

interface NumberField extends Common {
  readonly type: 'integer';
  readonly minimum: number;
  readonly maximum: number;
}

/** A time: a number of seconds, or a text such as `15 minutes`. The value is seconds. */
interface SecondsField extends Common {
  readonly type: 'seconds';
  readonly minimum: number;
  readonly maximum: number;
  readonly example: string;
}

interface TextsField extends Common {
  readonly type: 'strings';
  readonly oneOf?: readonly string[];
  readonly check?: (value: string) => string | null;
  readonly example: string;
}

export interface TableField extends Common {
  readonly type: 'table' | 'tables';
  readonly fields: Fields;
}

export type Field = TextField | FlagField | NumberField | SecondsField | TextsField | TableField;
export type Fields = Readonly<Record<string, Field>>;

type ValueOf<F extends Field> = F extends { type: 'string' }
  ? F extends { oneOf: readonly (infer Choice)[] }
    ? Choice
    : string
  : F extends { type: 'boolean' }
    ? boolean
    : F extends { type: 'integer' | 'seconds' }
      ? number
      : F extends { type: 'strings' }
        ? F extends { oneOf: readonly (infer Choice)[] }
          ? readonly Choice[]
          : readonly string[]
        : F extends { type: 'table'; fields: infer Inner extends Fields }
          ? Checked<Inner>
          : F extends { type: 'tables'; fields: infer Inner extends Fields }
            ? readonly Checked<Inner>[]
            : never;

/** What a document holds that follows a table of keys. */
export type Checked<F extends Fields> = {
  readonly [Key in keyof F as F[Key] extends { required: true } ? Key : never]: ValueOf<F[Key]>;
} & {
  readonly [Key in keyof F as F[Key] extends { required: true } ? never : Key]?: ValueOf<F[Key]>;
};
