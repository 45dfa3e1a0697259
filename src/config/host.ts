/** Hosts as they are written in policy and settings. Pure. */

/** @returns why `value` is not the name of a host, with or without a port; null when it is. */
export function whyNotHost(value: string): string | null {
  if (value.includes('://') || value.includes('/'))
    return 'it must be the host alone, without https:// and path';
  if (value.includes('@')) return 'it must be the host alone, without user name and password';
  const host = /^(?:[a-z0-9](?:[a-z0-9.-]{0,251}[a-z0-9])?|\[[0-9a-f:.]{2,45}\])(?::\d{1,5})?$/iu;
  return host.test(value) ? null : 'it is not the name of a host';
}

/** Whether the host of a parsed address is this machine; such an address has its numbers in full. */
export function isLoopback(hostname: string): boolean {
  return /^(?:localhost|127(?:\.\d{1,3}){3}|\[::1\])$/u.test(hostname);
}
