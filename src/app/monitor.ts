/** What an operator looks at: health, metrics, and the jobs that were given up. */
import type { IncomingMessage, ServerResponse } from 'node:http';
import { messageOf } from '../errors.ts';
import type { JobHandler, Store } from '../store/store.ts';
import type { RedeliveryCounts } from './redelivery.ts';

export interface Monitor {
  /** @returns false when the request is for somebody else. */
  answer(request: IncomingMessage, response: ServerResponse): Promise<boolean>;
  /** The handler, its jobs counted. */
  counted(handler: JobHandler): JobHandler;
}

export function createMonitor(store: Store, version: string, redeliveries: () => RedeliveryCounts): Monitor {
  let done = 0;
  let failed = 0;
  return {
    async answer({ url, method }, response) {
      if (method !== 'GET' || (url !== '/health' && url !== '/metrics')) return false;
      try {
        const { waiting, active, dead } = await store.counts();
        if (url === '/health') {
          response.writeHead(200, { 'content-type': 'application/json' });
          response.end(`${JSON.stringify({ status: 'ok', version, waiting, active, dead })}\n`);
        } else {
          response.writeHead(200, { 'content-type': 'text/plain; version=0.0.4' });
          response.end(metrics({ waiting, active, dead, done, failed, ...redeliveries() }));
        }
      } catch (error) {
        response.writeHead(503, { 'content-type': 'application/json' });
        response.end(`${JSON.stringify({ status: 'no database', error: messageOf(error) })}\n`);
      }
      return true;
    },
    counted: (handler) => async (job, lease) => {
      try {
        await handler(job, lease);
        done += 1;
      } catch (error) {
        failed += 1;
        throw error;
      }
    },
  };
}

/** Prometheus' text exposition format, version 0.0.4. */
function metrics(
  counts: Readonly<Record<'waiting' | 'active' | 'dead' | 'done' | 'failed', number>> & RedeliveryCounts,
): string {
  const { waiting, active, dead, done, failed, asked, looks, failedLooks } = counts;
  const lines = [
    '# HELP relock_jobs Jobs in the queue, by state.',
    '# TYPE relock_jobs gauge',
    `relock_jobs{state="waiting"} ${waiting}`,
    `relock_jobs{state="active"} ${active}`,
    `relock_jobs{state="dead"} ${dead}`,
    '# HELP relock_jobs_total Jobs that this process has ended, by how.',
    '# TYPE relock_jobs_total counter',
    `relock_jobs_total{result="done"} ${done}`,
    `relock_jobs_total{result="failed"} ${failed}`,
    '# HELP relock_redeliveries_total Failed webhooks that GitHub was asked to send again.',
    '# TYPE relock_redeliveries_total counter',
    `relock_redeliveries_total ${asked}`,
    '# HELP relock_redelivery_looks_total Looks for failed webhooks, by how they ended.',
    '# TYPE relock_redelivery_looks_total counter',
    `relock_redelivery_looks_total{result="done"} ${looks - failedLooks}`,
    `relock_redelivery_looks_total{result="failed"} ${failedLooks}`,
    '# HELP process_resident_memory_bytes Resident memory.',
    '# TYPE process_resident_memory_bytes gauge',
    `process_resident_memory_bytes ${process.memoryUsage.rss()}`,
  ];
  return `${lines.join('\n')}\n`;
}
