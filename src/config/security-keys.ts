/** The keys of `[security]` in `.github/relock.toml`. */
import { whyNotLabel } from './pull-request-keys.ts';
import type { Fields } from './schema.ts';

export const SECURITY_KEYS = {
  enabled: {
    type: 'boolean',
    description:
      'Whether an advisory on a locked package brings a pull request of its own at once, with the smallest change that ' +
      'fixes it. Left out: true.',
  },
  severity: {
    type: 'string',
    oneOf: ['critical', 'high', 'medium', 'low', 'none'],
    example: 'high',
    description:
      'Advisories of less than this bring none; one that nobody has rated counts as "low". Left out: "low".',
  },
  labels: {
    type: 'strings',
    check: whyNotLabel,
    example: 'security',
    description:
      'Labels of such a pull request, beside those of `[pull-request]`, and of the issue that is opened where nothing can ' +
      'be fixed. Left out: "security".',
  },
} as const satisfies Fields;
