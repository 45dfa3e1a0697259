/** After a build: its output as an OCI image layout, and which image is in it. */
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { platformManifest } from '../registry/platform-manifest.ts';
import { RegistryError } from '../registry/registry-error.ts';
import { layoutOfArchive } from './archive-layout.ts';
import { readLayout } from './layout-registry.ts';
import type { BuildPlan } from './model.ts';
import type { StepOptions } from './run-step.ts';
import { runStep } from './run-step.ts';

/**
 * @returns the digest of the platform's manifest.
 * @throws {RegistryError} when there is no image in what the builder wrote.
 */
export async function finishLayout(
  output: 'layout' | 'archive',
  plan: BuildPlan,
  options: StepOptions,
): Promise<{ readonly manifestDigest: string }> {
  const { place, platform } = plan;
  if (output === 'archive') {
    const unpacked = join(place.storage, 'archive');
    await mkdir(unpacked, { recursive: true });
    const argv = ['tar', '-x', '--no-same-owner', '-f', place.archive, '-C', unpacked] as const;
    const result = await runStep({ argv, env: {} }, options);
    if (result.exitCode !== 0) {
      throw new RegistryError('manifest-invalid', 'What the builder wrote cannot be unpacked.');
    }
    await layoutOfArchive(unpacked, place.layout);
  }
  const registry = readLayout(place.layout);
  const { own } = await platformManifest(registry, registry.reference, platform);
  return { manifestDigest: own.digest };
}
