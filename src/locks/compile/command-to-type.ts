/** The command that a person would type to make a lock anew. Pure. */
import { relativeTo } from '../tree.ts';
import { asArguments, hasOption } from './chosen-options.ts';
import { multiArgv } from './multi-text.ts';
import type { CompileOption, CompileSpec } from './spec.ts';
import { uvArgv } from './uv-argv.ts';

/** @returns argv, to be run in `spec.cwd`, with the lock's own tool. */
export function commandToType(spec: CompileSpec): readonly string[] {
  switch (spec.kind) {
    case 'uv-pip-compile': {
      const python = spokenPython(spec);
      const argv = uvArgv(spec, { python, constraints: [] });
      return hasOption(spec.options, '--no-header') ? argv : argv.filter((word) => word !== '--no-header');
    }
    case 'pip-compile':
      return [
        'pip-compile',
        ...joined(spec.options),
        `--output-file=${relativeTo(spec.cwd, spec.lock)}`,
        '--upgrade',
        ...spec.inputs,
      ];
    case 'pip-compile-multi':
      return multiArgv(spec);
    default:
      return spec.kind satisfies never;
  }
}

/** What the header says of the Python, as far as it is a version. */
function spokenPython({ header, python }: CompileSpec): readonly string[] {
  const said = /--python-version[= ]["']?(\d+\.\d+(?:\.\d+)?)/u.exec(header)?.[1] ?? python.version;
  return said === null ? [] : ['--python-version', said];
}

/** pip-compile writes `--name=value`. */
function joined(options: readonly CompileOption[]): readonly string[] {
  return options.flatMap((option) =>
    option.value === null ? asArguments([option]) : [`${option.name}=${option.value}`],
  );
}
