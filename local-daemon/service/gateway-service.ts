import { existsSync } from 'node:fs'
import { mkdir, rename, rm, writeFile } from 'node:fs/promises'
import { homedir } from 'node:os'
import { dirname, join } from 'node:path'
import { StartError } from '../problem/start-error.ts'
import { GATEWAY_SERVICE } from './gateway-unit.ts'
import { systemctl } from './systemctl.ts'

export type ServiceScope = 'system' | 'user'

/** Where the unit of a scope is. */
export function gatewayUnitPath(scope: ServiceScope): string {
  const file = `${GATEWAY_SERVICE}.service`
  if (scope === 'system') return join('/etc/systemd/system', file)
  const configuration = process.env['XDG_CONFIG_HOME'] || join(homedir(), '.config')
  return join(configuration, 'systemd/user', file)
}

/** The scope in which a unit is installed; the system's one first. */
export function installedGatewayScope(): ServiceScope | undefined {
  return (['system', 'user'] as const).find((scope) => existsSync(gatewayUnitPath(scope)))
}

/**
 * Writes the unit (to another file, then renamed) and starts it, now and at each boot. Installing again replaces and restarts it.
 *
 * @throws StartError UNIT_UNWRITABLE, SYSTEMD_MISSING, SYSTEMD_FAILED
 */
export async function installGatewayService(scope: ServiceScope, text: string): Promise<void> {
  const path = gatewayUnitPath(scope)
  try {
    await mkdir(dirname(path), { recursive: true })
    await writeFile(`${path}.new`, text, { mode: 0o644 })
    await rename(`${path}.new`, path)
  } catch (cause) {
    throw new StartError(
      'UNIT_UNWRITABLE',
      `write ${path}: ${(cause as Error).message}`,
      'as root (sudo) for a service of the system, or --user for one of yours',
      { cause },
    )
  }
  await systemctl(scope, ['daemon-reload'])
  await systemctl(scope, ['enable', GATEWAY_SERVICE])
  await systemctl(scope, ['restart', GATEWAY_SERVICE])
}

/** Stops the service and removes its unit. False if there was none. */
export async function uninstallGatewayService(scope: ServiceScope): Promise<boolean> {
  const path = gatewayUnitPath(scope)
  if (!existsSync(path)) return false
  await systemctl(scope, ['disable', '--now', GATEWAY_SERVICE])
  await rm(path, { force: true })
  await systemctl(scope, ['daemon-reload'])
  return true
}
