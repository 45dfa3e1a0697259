/** Where the App is installed, asked of the forge page by page. */
import type { Probot } from 'probot';
import type { Installations, InstalledRepository } from './tick.ts';

const PER_PAGE = 100;

/** Suspended installations are left out. */
export function installationsOf(probot: Probot): Installations {
  return {
    async list() {
      const octokit = await probot.auth();
      const found: number[] = [];
      for (let page = 1; ; page += 1) {
        const { data } = await octokit.request('GET /app/installations', { per_page: PER_PAGE, page });
        found.push(...data.filter(({ suspended_at: suspended }) => !suspended).map(({ id }) => id));
        if (data.length < PER_PAGE) return found;
      }
    },
    async repositories(installation) {
      const octokit = await probot.auth(installation);
      const found: InstalledRepository[] = [];
      for (let page = 1; ; page += 1) {
        const { data } = await octokit.request('GET /installation/repositories', {
          per_page: PER_PAGE,
          page,
        });
        for (const { id, full_name, archived, disabled, fork } of data.repositories) {
          found.push({ id: Number(id), full_name, archived, disabled, fork });
        }
        if (data.repositories.length < PER_PAGE) return found;
      }
    },
  };
}
