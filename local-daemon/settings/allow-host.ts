import { SETTINGS } from './setting-definitions.ts'

/**
 * What lets requests for this host in, for whoever runs the proxy that hands the name on. A list is replaced whole, and what
 * is in it is not told here: anybody may ask.
 * @param name the host as it was asked for, without its port
 * @param empty nothing is in the list
 */
export function allowHostCommand(name: string, empty: boolean): string {
  if (!isHost(name)) return 'spl config set allowed_hosts <name>'
  const command = `spl config set allowed_hosts ${name}`
  return empty ? command : `${command} (with the names that are in it: spl config show)`
}

/** Then it has no character that a shell reads. */
function isHost(name: string): boolean {
  try {
    return SETTINGS.allowed_hosts.parse([name])[0] === name && /^[a-z0-9.-]+$/.test(name)
  } catch {
    return false
  }
}
