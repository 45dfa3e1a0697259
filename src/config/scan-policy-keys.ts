/** The keys of `[scan]` in `.github/relock.toml`. */
import type { Fields } from './schema.ts';

export const SCAN_POLICY_KEYS = {
  with: {
    type: 'strings',
    oneOf: ['osv', 'trivy', 'grype', 'osv-scanner', 'off'],
    example: 'osv',
    description:
      'What looks for known vulnerabilities: "osv" is built in, "trivy", "grype" and "osv-scanner" are used where the ' +
      'operator has them; "off" alone scans nothing. Left out: "osv", and "trivy" for images where it is there.',
  },
  severity: {
    type: 'string',
    oneOf: ['critical', 'high', 'medium', 'low', 'none'],
    example: 'high',
    description: 'Findings of less than this are counted, not shown. Left out: "low".',
  },
  upload: {
    type: 'boolean',
    description:
      'Whether the App uploads what remains to code scanning of GitHub, as SARIF. Left out: false.',
  },
  ignore: {
    type: 'tables',
    description:
      'Vulnerabilities that are not told. A list here replaces that of the organisation, and does not add to it.',
    fields: {
      id: {
        type: 'string',
        required: true,
        check: whyNotId,
        example: 'CVE-2024-12345',
        description: 'Any of its ids (CVE, GHSA, PYSEC, of a distribution).',
      },
      reason: {
        type: 'string',
        required: true,
        check: whyNotWords,
        example: 'the vulnerable function is never called',
        description: 'Why it is not told; stands in the report.',
      },
      until: {
        type: 'string',
        check: (value) => (isDay(value) ? null : 'it is not a date'),
        example: '2027-03-31',
        description: 'The last day (UTC) of it; from the next on it is told again. Left out: for good.',
      },
      package: {
        type: 'string',
        check: whyNotWords,
        example: 'jinja2',
        description: 'Only in this package: for a distribution, the source package. Left out: in all.',
      },
    },
  },
} as const satisfies Fields;

/** Whether a text is a day that there is, `2027-03-31`. */
export function isDay(text: string): boolean {
  if (!/^\d{4}-\d{2}-\d{2}$/u.test(text)) return false;
  const time = Date.parse(`${text}T00:00:00Z`);
  // 30 February rolls over into March.
  return !Number.isNaN(time) && new Date(time).toISOString().startsWith(text);
}

function whyNotId(value: string): string | null {
  return /^[A-Za-z0-9][A-Za-z0-9._:-]{2,99}$/u.test(value) ? null : 'it is not the id of an advisory';
}

function whyNotWords(value: string): string | null {
  if (value.trim() === '') return 'it is empty';
  if (/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/u.test(value)) return 'it has control characters';
  return value.length > 500 ? 'it has more than 500 characters' : null;
}
