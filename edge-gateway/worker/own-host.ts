import type { Settings } from '../deployment/settings.ts'

/** Where hostnames are given out, the registry knows the name already; else it is one of the gateway's own. */
export function isOwnHost(host: string, { publicHosts, serves }: Settings): boolean {
  return 'admin' in serves ? publicHosts.includesPort(host) : publicHosts.includes(host)
}
