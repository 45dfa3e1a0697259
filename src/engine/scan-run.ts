/** All chosen scanners over one set of packages and images, and what came of each. */
import type { ImageReference } from '../images/model.ts';
import type { ScanPolicy } from '../config/policy.ts';
import { createLimiter } from '../run/limiter.ts';
import { mergeFindings, type MergedReports } from '../scan/merge-findings.ts';
import type { Finding, ScanPackage, ScanReport, SecretFinding } from '../scan/model.ts';
import type { ImageLayout, Scanner } from '../scan/scanner.ts';
import { runScanner, type ScanEffects } from './scan-steps.ts';
import type { Reason } from '../reason.ts';

export interface ScanPorts {
  /**
   * The scanners that the policy asks for and the operator has.
   * A scanner that the policy names and nobody has is a problem, not left out.
   */
  readonly choose: (policy: ScanPolicy) => Promise<readonly ChosenScanner[]>;
  readonly effects: ScanEffects;
  /** Brings an image onto this disk; null: why it cannot be. */
  readonly layout: (image: LayoutImage) => Promise<ImageLayout | Reason>;
  /** Removes what `layout` brought. */
  readonly clear: () => Promise<void>;
  /** Whether the names of packages in an image are nobody's business. */
  readonly isPrivate: (reference: ImageReference) => boolean;
}

export interface ChosenScanner {
  readonly scanner: Scanner;
  /** The program, or why there is none; null for the built-in one. */
  readonly program: { readonly path: string; readonly version: string } | Reason | null;
  /** Names of packages leave the machine. */
  readonly sendsNames: boolean;
  /** It looks into images by itself, and so for secrets too. */
  readonly readsLayers: boolean;
  /** It is for images alone: locks are another one's. */
  readonly imagesOnly: boolean;
}

export interface LayoutImage {
  readonly reference: ImageReference;
  /** As written: the target's location. */
  readonly location: string;
  readonly platform: string;
}

export interface ScanWork {
  /**
   * What one scanner may be told of, both sides together.
   * Threat: one that asks a public service must not learn what only one on this machine may.
   */
  readonly packagesFor: (chosen: ChosenScanner) => readonly ScanPackage[];
  /** The images of each side of a change; one side alone where nothing changes. */
  readonly sides: readonly (readonly LayoutImage[])[];
}

export interface ScannedSides extends Omit<MergedReports, 'secrets'> {
  readonly findings: readonly Finding[];
  /** Secrets of each side, in the order of `sides`. */
  readonly secrets: readonly (readonly SecretFinding[])[];
}

/** Scans; whatever goes wrong with a scanner is told. @throws {CancelledError} */
export async function scanAll(
  work: ScanWork,
  chosen: readonly ChosenScanner[],
  ports: ScanPorts,
): Promise<ScannedSides> {
  try {
    const wantsLayers = chosen.some(({ readsLayers, program }) => readsLayers && !isReason(program));
    const sides = wantsLayers ? await bringLayouts(work.sides, ports) : { sides: [], problems: [] };
    const limited = createLimiter(1);
    const all = await Promise.all(
      chosen.map(async (one) =>
        limited(async () => scanWith(one, work.packagesFor(one), sides.sides, ports)),
      ),
    );
    const merged = mergeFindings(all.flatMap(({ reports }) => reports));
    return {
      ...merged,
      by: [...new Map(merged.by.map((by) => [by.name, by])).values()],
      failed: [...new Map(merged.failed.map((failed) => [failed.scanner, failed])).values()],
      notChecked: [...merged.notChecked, ...sides.problems],
      secrets: work.sides.map((_side, index) => all.flatMap(({ secrets }) => secrets[index] ?? [])),
    };
  } finally {
    await ports.clear();
  }
}

interface OneScanner {
  readonly reports: readonly ScanReport[];
  readonly secrets: readonly (readonly SecretFinding[])[];
}

async function scanWith(
  { scanner, program, readsLayers, imagesOnly }: ChosenScanner,
  packages: readonly ScanPackage[],
  sides: readonly (readonly ImageLayout[])[],
  { effects }: ScanPorts,
): Promise<OneScanner> {
  if (isReason(program)) {
    return { reports: [{ state: 'failed', scanner: scanner.name, reason: program }], secrets: [] };
  }
  const reports: ScanReport[] = [];
  const secrets: (readonly SecretFinding[])[] = [];
  const mine = imagesOnly ? [] : packages;
  if (mine.length > 0)
    reports.push(await runScanner(scanner, { packages: mine, layouts: [], program }, effects));
  if (!readsLayers) return { reports, secrets };
  // One side after the other: what an image held before must not be taken for what it holds now.
  for (const layouts of sides) {
    if (layouts.length === 0) continue;
    const report = await runScanner(scanner, { packages: [], layouts, program }, effects);
    // One side without the other would make all that the other has new, or gone.
    if (report.state === 'failed') return { reports: [report], secrets: [] };
    reports.push(report);
    secrets.push(report.secrets);
  }
  return { reports, secrets };
}

interface Layouts {
  readonly sides: readonly (readonly ImageLayout[])[];
  readonly problems: readonly string[];
}

async function bringLayouts(sides: ScanWork['sides'], { layout }: ScanPorts): Promise<Layouts> {
  const problems: string[] = [];
  const brought: (readonly ImageLayout[])[] = [];
  for (const side of sides) {
    const layouts: ImageLayout[] = [];
    for (const image of side) {
      const one = await layout(image);
      if ('code' in one) problems.push(`${nameOf(image)}: its layers could not be had: ${one.message}`);
      else layouts.push(one);
    }
    brought.push(layouts);
  }
  // An image of which one side is missing cannot be compared.
  const names = brought.map((side) => new Set(side.map(nameOf)));
  const whole = (layout: ImageLayout): boolean => names.every((side) => side.has(nameOf(layout)));
  return { sides: brought.map((side) => side.filter(whole)), problems };
}

function nameOf({ location, platform }: Pick<ImageLayout, 'location' | 'platform'>): string {
  return `${location} (${platform})`;
}

function isReason(program: ChosenScanner['program']): program is Reason {
  return program !== null && 'code' in program;
}
