/** What is remembered of published images, in Relock's own tables. */
import type { Db } from 'pg-boss';
import type { Database } from './database.ts';
import { storableText } from './fold.ts';
import type { PublishedImage, PublishingRepository, RebuildRequest, RebuildState } from './rebuild-state.ts';

/** Threat: a policy of a stranger names the images; the key's index has to hold them. */
const MOST_CHARACTERS = 400;
const MOST_IMAGES = 200;
const MOST_BASES = 50;

interface RequestRow extends Pick<RebuildRequest, 'digest' | 'state'> {
  readonly ref: string;
  readonly at: Date;
  readonly run: string | number | null;
  readonly details: Pick<RebuildRequest, 'job' | 'dockerfile' | 'workflow' | 'answers' | 'end'>;
}

interface ImageRow extends PublishedImage {
  readonly repositoryId: string | number;
  readonly installation: string | number;
  readonly owner: string;
  readonly name: string;
}

export function createRebuildState(database: Database): RebuildState {
  const { db } = database;
  return {
    async askedRebuild(repositoryId, ref) {
      const { rows } = await db.executeSql(
        'SELECT ref, at, digest, state, run, details FROM relock.asked_rebuild WHERE repository_id = $1 AND ref = $2',
        [repositoryId, key(ref)],
      );
      const row = rows[0] as RequestRow | undefined;
      return row === undefined ? null : requestOf(row);
    },
    async saveAskedRebuild(repositoryId, ref, { at, digest, state, runId, ...details }) {
      await db.executeSql(
        `INSERT INTO relock.asked_rebuild (repository_id, ref, at, digest, state, run, details)
         VALUES ($1, $2, $3, $4, $5, $6, $7::jsonb)
         ON CONFLICT (repository_id, ref) DO UPDATE
         SET at = excluded.at, digest = excluded.digest, state = excluded.state, run = excluded.run,
           details = excluded.details`,
        [repositoryId, key(ref), at, storableText(digest), state, runId, json(details)],
      );
    },
    async runningRebuilds(repositoryId) {
      const { rows } = await db.executeSql(
        `SELECT ref, at, digest, state, run, details FROM relock.asked_rebuild
         WHERE repository_id = $1 AND state = 'running' ORDER BY ref`,
        [repositoryId],
      );
      return new Map((rows as RequestRow[]).map((row) => [row.ref, requestOf(row)]));
    },
    savePublished: (repository, images, whole) =>
      database.transaction((inside) => save(inside, repository, images.slice(0, MOST_IMAGES), whole)),
    async publishedImages(installation) {
      const { rows } = await db.executeSql(
        `SELECT repository_id AS "repositoryId", installation, owner, name, ref, dockerfile, digest, bases
         FROM relock.published_image WHERE installation = $1 ORDER BY repository_id, ref`,
        [installation],
      );
      return (rows as ImageRow[]).map((row) => ({
        ref: row.ref,
        dockerfile: row.dockerfile,
        digest: row.digest,
        bases: row.bases,
        repository: {
          id: Number(row.repositoryId),
          owner: row.owner,
          name: row.name,
          installation: Number(row.installation),
        },
      }));
    },
  };
}

async function save(
  db: Db,
  { id, owner, name, installation }: PublishingRepository,
  images: readonly PublishedImage[],
  whole: boolean,
): Promise<readonly string[]> {
  const { rows } = await db.executeSql(
    'SELECT ref, digest FROM relock.published_image WHERE repository_id = $1 FOR UPDATE',
    [id],
  );
  const before = new Map((rows as { ref: string; digest: string }[]).map(({ ref, digest }) => [ref, digest]));
  for (const { ref, dockerfile, digest, bases } of images) {
    await db.executeSql(
      `INSERT INTO relock.published_image AS old
         (repository_id, ref, installation, owner, name, dockerfile, digest, bases)
       VALUES ($1, $2, $3, $4, $5, $6, $7, $8::jsonb)
       ON CONFLICT (repository_id, ref) DO UPDATE
       SET installation = excluded.installation, owner = excluded.owner, name = excluded.name,
         dockerfile = excluded.dockerfile, bases = excluded.bases,
         digest = CASE WHEN excluded.digest = '' THEN old.digest ELSE excluded.digest END`,
      [
        id,
        key(ref),
        installation,
        ...[owner, name, dockerfile, digest].map(storableText),
        json(bases.slice(0, MOST_BASES)),
      ],
    );
  }
  if (whole) {
    const kept = images.map(({ ref }) => key(ref));
    await db.executeSql(
      'DELETE FROM relock.published_image WHERE repository_id = $1 AND ref <> ALL($2::text[])',
      [id, kept],
    );
    await db.executeSql(
      'DELETE FROM relock.asked_rebuild WHERE repository_id = $1 AND ref <> ALL($2::text[])',
      [id, kept],
    );
  }
  return images.flatMap(({ ref, digest }) => {
    const known = before.get(key(ref)) ?? '';
    return known !== '' && digest !== '' && known !== digest ? [ref] : [];
  });
}

/** With the repositories themselves, in their transaction. */
export async function forgetRebuilds(db: Db, repositoryIds: readonly number[]): Promise<void> {
  await db.executeSql('DELETE FROM relock.asked_rebuild WHERE repository_id = ANY($1::bigint[])', [
    repositoryIds,
  ]);
  await db.executeSql('DELETE FROM relock.published_image WHERE repository_id = ANY($1::bigint[])', [
    repositoryIds,
  ]);
}

function requestOf({ at, digest, state, run, details }: RequestRow): RebuildRequest {
  return { at: at.toISOString(), digest, state, runId: run === null ? null : Number(run), ...details };
}

function key(text: string): string {
  return storableText(text.slice(0, MOST_CHARACTERS));
}

function json(value: unknown): string {
  return JSON.stringify(value, (_key, inner: unknown) =>
    typeof inner === 'string' ? storableText(inner) : inner,
  );
}
