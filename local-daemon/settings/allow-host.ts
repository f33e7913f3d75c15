import { SETTINGS } from './setting-definitions.ts'

/**
 * The command that allows requests for this host, for the owner of the proxy that forwards it. Setting a list replaces it,
 * and its present content is not shown here: anyone may ask.
 * @param name the host as requested, without its port
 * @param empty the list is empty
 */
export function allowHostCommand(name: string, empty: boolean): string {
  if (!isHost(name)) return 'spl config set allowed_hosts <name>'
  const command = `spl config set allowed_hosts ${name}`
  return empty ? command : `${command} (with the names that are in it: spl config show)`
}

/** Then it has no character that is special in a shell. */
function isHost(name: string): boolean {
  try {
    return SETTINGS.allowed_hosts.parse([name])[0] === name && /^[a-z0-9.-]+$/.test(name)
  } catch {
    return false
  }
}
