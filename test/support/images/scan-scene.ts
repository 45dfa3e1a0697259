/** Images in a real registry, read and laid out as a scan does it. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { zipSync } from 'fflate';
import { onTestFinished } from 'vitest';
import type { Credential } from '../../../src/config/settings.ts';
import type { ImageContent } from '../../../src/images/content.ts';
import type { ImageReference } from '../../../src/images/model.ts';
import { readImages } from '../../../src/registry/layers/read-image.ts';
import { writeLayout, type WrittenLayout } from '../../../src/registry/oci-layout.ts';
import { createRegistryPool, type RegistryPool } from '../../../src/registry/pool.ts';
import type { Registry } from '../../../src/registry/registry.ts';
import { folder } from '../folder.ts';
import { openRegistry } from '../registry/scene.ts';

const PLATFORM = 'linux/amd64';

export interface ImageScene {
  readonly pool: RegistryPool;
  readonly registry: Registry;
  /** Holds what `layOut` writes. */
  readonly root: string;
  readonly read: (references: readonly ImageReference[]) => Promise<readonly ImageContent[]>;
  /** @param name of the layout's folder. */
  readonly layOut: (reference: ImageReference, name: string) => Promise<WrittenLayout>;
}

/** @param host a registry on loopback, without TLS. */
export function imageScene(host: string, credentials: readonly Credential[] = []): ImageScene {
  const pool = createRegistryPool({
    environment: {},
    userAgent: 'relock/test',
    keepSeconds: null,
    retryDelayMs: 20,
  });
  onTestFinished(() => pool.close());
  const registry = openRegistry(pool, { registries: [{ host, mirror: null, insecure: true }], credentials });
  const root = folder();
  return {
    pool,
    registry,
    root,
    read: (references) => readImages(registry, references, PLATFORM),
    layOut: (reference, name) =>
      writeLayout({
        registry,
        reference,
        platform: PLATFORM,
        folder: join(root, name),
        blobs: join(root, 'blobs'),
      }),
  };
}

/** An advisory as OSV has it. */
export interface MadeAdvisory {
  readonly id: string;
  readonly ecosystem: string;
  readonly name: string;
  /** null: no fix is known. */
  readonly fixed: string | null;
  readonly names?: Readonly<Record<string, readonly string[]>>;
}

/** @returns a folder with OSV's zips: `Debian/all.zip`, `PyPI/all.zip`. */
export function offlineDatabase(advisories: readonly MadeAdvisory[]): string {
  const root = folder();
  const groups = Map.groupBy(advisories, ({ ecosystem }) => ecosystem.split(':', 1)[0] ?? '');
  for (const [ecosystem, list] of groups) {
    const files = list.map(({ id, ecosystem: full, name, fixed, names }) => {
      const events = [{ introduced: '0' }, ...(fixed === null ? [] : [{ fixed }])];
      const record = {
        schema_version: '1.6.0',
        id,
        modified: '2026-11-01T00:00:00Z',
        published: '2026-01-01T00:00:00Z',
        ...names,
        affected: [{ package: { ecosystem: full, name }, ranges: [{ type: 'ECOSYSTEM', events }] }],
      };
      return [`${id}.json`, Buffer.from(JSON.stringify(record))] as const;
    });
    mkdirSync(join(root, ecosystem));
    writeFileSync(join(root, ecosystem, 'all.zip'), zipSync(Object.fromEntries(files)));
  }
  return root;
}
