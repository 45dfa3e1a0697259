/** What the exit codes of every command mean. */
export const EXIT = {
  done: 0,
  failed: 1,
  usage: 2,
  changes: 3,
  vulnerable: 4,
  interrupted: 130,
} as const;
