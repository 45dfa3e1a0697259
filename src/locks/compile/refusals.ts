/** When uv says that it will not read something that pip reads. Pure. */
import type { CommandResult } from '../../model.ts';

/** Each begins a message of uv about what an input or option says, not about what the index has. */
const REFUSALS: readonly RegExp[] = [
  /^error: Expected `--hash`.*$/mu,
  /^error: Unsupported (?:editable )?requirement.*$/mu,
  /^error: Couldn't parse requirement.*$/mu,
  /^error: Unexpected .*$/mu,
  /^error: (?:unexpected argument|invalid value|unrecognized subcommand).*$/mu,
  /^error: Invalid .*$/mu,
  /^error: (?:Unrecognized|Unsupported) .*$/mu,
  /^error: Error (?:parsing|while accessing remote requirements).*$/mu,
  /^.*URL dependencies must be expressed as direct requirements.*$/mu,
  /^.*(?:contain|contains) conflicting URLs.*$/mu,
  /^.*Git sources cannot be editable.*$/mu,
  /^.*Python <\d\.\d+ is not supported.*$/mu,
  // pip takes a pre-release where nothing else fits; some versions of uv only say so.
  /^.*pre-releases weren't enabled.*$/mu,
  /^.*[Mm]etadata field .* not found.*$/mu,
];

/** @returns uv's own line, or null when it failed for another reason: no solution, no network, a failed build. */
export function whyUvRefused(result: CommandResult): string | null {
  if (result.timedOut) return null;
  for (const refusal of REFUSALS) {
    const line = refusal.exec(result.stderr)?.[0];
    if (line !== undefined)
      return line
        .replace(/^(?:error|hint|\s*cause):\s*/u, '')
        .trim()
        .slice(0, 300);
  }
  return null;
}
