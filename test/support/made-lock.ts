/** What the replaced re-lock of the App makes. */
export function madeLock(now: Date, head: string): string {
  return `# ${now.toISOString().slice(0, 7)}, of ${head}\nidna==3.7\n`;
}
