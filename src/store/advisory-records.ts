/** What is remembered of advisories, in Relock's own tables. */
import type { Db } from 'pg-boss';
import type { AdvisoryState, BlockedNotice } from './advisory-state.ts';
import { storableText } from './fold.ts';

const SEEN_DAYS = 400;
/** Threat: ids and names are foreign; the key's index has to hold them. */
const MOST_CHARACTERS = 300;

export function createAdvisoryState(db: Db, now: () => Date): AdvisoryState {
  return {
    async advisoryCursor(source) {
      const { rows } = await db.executeSql('SELECT cursor FROM relock.advisory_cursor WHERE source = $1', [
        key(source),
      ]);
      return (rows[0] as { cursor: string } | undefined)?.cursor ?? null;
    },
    async saveAdvisoryCursor(source, cursor) {
      await db.executeSql(
        `INSERT INTO relock.advisory_cursor (source, cursor) VALUES ($1, $2)
         ON CONFLICT (source) DO UPDATE SET cursor = excluded.cursor`,
        [key(source), storableText(cursor)],
      );
    },
    async advisoriesSeen(ids) {
      const kept = new Map(ids.map((id) => [key(id), id]));
      const { rows } = await db.executeSql(
        'SELECT id, digest FROM relock.advisory_seen WHERE id = ANY($1::text[])',
        [[...kept.keys()]],
      );
      return new Map(
        (rows as { id: string; digest: string }[]).map(({ id, digest }) => [kept.get(id) ?? id, digest]),
      );
    },
    async saveAdvisoriesSeen(digests) {
      const kept = new Map([...digests].map(([id, digest]) => [key(id), storableText(digest)]));
      await db.executeSql(
        `INSERT INTO relock.advisory_seen (id, digest, at)
         SELECT id, digest, $3::timestamptz FROM unnest($1::text[], $2::text[]) AS seen (id, digest) ORDER BY id
         ON CONFLICT (id) DO UPDATE SET digest = excluded.digest, at = excluded.at`,
        [[...kept.keys()], [...kept.values()], now().toISOString()],
      );
    },
    async blockedNotices(repositoryId) {
      const { rows } = await db.executeSql(
        `SELECT advisory, package, digest FROM relock.blocked_notice
         WHERE repository_id = $1 ORDER BY advisory, package`,
        [repositoryId],
      );
      return rows as BlockedNotice[];
    },
    async saveBlockedNotice(repositoryId, { advisory, package: name, digest }) {
      await db.executeSql(
        `INSERT INTO relock.blocked_notice (repository_id, advisory, package, digest) VALUES ($1, $2, $3, $4)
         ON CONFLICT (repository_id, advisory, package) DO UPDATE SET digest = excluded.digest`,
        [repositoryId, key(advisory), key(name), storableText(digest)],
      );
    },
    async dropBlockedNotice(repositoryId, advisory, name) {
      await db.executeSql(
        'DELETE FROM relock.blocked_notice WHERE repository_id = $1 AND advisory = $2 AND package = $3',
        [repositoryId, key(advisory), key(name)],
      );
    },
  };
}

export async function forgetOldAdvisories(db: Db, now: Date): Promise<void> {
  const before = new Date(now.getTime() - SEEN_DAYS * 86_400_000);
  await db.executeSql('DELETE FROM relock.advisory_seen WHERE at < $1', [before.toISOString()]);
}

function key(text: string): string {
  return storableText(text.slice(0, MOST_CHARACTERS));
}
