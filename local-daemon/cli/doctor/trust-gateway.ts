import { existsSync } from 'node:fs'
import { join } from 'node:path'
import type { Home } from '../../home/home.ts'
import { shellPath } from '../../problem/shell-word.ts'

/** The command that makes a gateway trusted which made its certificate itself; with the very file if that gateway is of the same home. */
export function trustGateway(home: Home): string {
  const own = join(home.gateway, 'tls', 'cert.pem')
  const file = existsSync(own) ? shellPath(own) : '<file>'
  return `spl serve --restart --gateway-ca ${file}`
}
