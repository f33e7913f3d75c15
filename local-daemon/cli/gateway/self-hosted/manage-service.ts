import { resolve } from 'node:path'
import { checkGatewayOptions } from '../../../gateway/start-gateway.ts'
import {
  gatewayUnitPath,
  installGatewayService,
  uninstallGatewayService,
  type ServiceScope,
} from '../../../service/gateway-service.ts'
import { GATEWAY_SERVICE, gatewayUnit } from '../../../service/gateway-unit.ts'
import type { KeyPair } from '../../../gateway/self-signed.ts'
import { CliError } from '../../cli-error.ts'
import { EXIT_CODE } from '../../exit-code.ts'
import { note, noteNext, print, printAsIs, printJson, warn } from '../../output/output.ts'
import { fields } from '../../output/table.ts'

/** `spl gateway serve` as a service, from the options that it would run with. */
export interface ServiceRequest {
  /** The one owner, or the admin of several. */
  readonly ownerDid?: string
  readonly adminDid?: string
  readonly host: string
  readonly port: number
  readonly hostnames: readonly string[]
  readonly tls: KeyPair | 'self-signed' | undefined
  readonly clientAddressHeader: string | undefined
  readonly addressRequests: number | undefined
  readonly strangerRequests: number | undefined
  readonly storage: string
}

export interface ServiceManners {
  /** One of the person's own, also as root. */
  readonly user: boolean
  /** Print the unit and touch nothing. */
  readonly dryRun: boolean
  readonly json: boolean
}

/**
 * Installs the gateway as a systemd service, after the same checks as a start.
 *
 * @throws CliError SERVICE_UNSUPPORTED, PORT_FORBIDDEN, PORT_NEEDED; GatewayError; StartError
 */
export async function installService(
  request: ServiceRequest,
  manners: ServiceManners,
): Promise<void> {
  const scope = scopeOf(manners)
  checkGatewayOptions({
    ...(request.ownerDid !== undefined && { ownerDid: request.ownerDid }),
    ...(request.adminDid !== undefined && { adminDid: request.adminDid }),
    host: request.host,
    ...(request.tls && { tls: request.tls }),
    ...(request.clientAddressHeader && { clientAddressHeader: request.clientAddressHeader }),
  })
  checkPort(request.port, scope)
  const text = gatewayUnit({
    scope,
    command: [process.execPath, resolve(process.argv[1] ?? 'spl')],
    hostname: request.hostnames[0] ?? 'localhost',
    port: request.port,
    options: optionsOf(request),
    tls: fileTls(request.tls),
    storage: resolve(request.storage),
  })
  const path = gatewayUnitPath(scope)
  const status = manners.dryRun ? 'not_installed' : 'installed'
  if (!manners.dryRun) {
    checkSystemd()
    if (scope === 'system') warnOfPrivateFolders()
    await installGatewayService(scope, text)
  }
  if (manners.json) return printJson({ object: 'gateway_service', status, scope, path, unit: text })
  if (manners.dryRun) {
    printAsIs(text)
    note(
      `would be written to ${path}, then: systemctl ${scope === 'user' ? '--user ' : ''}enable --now ${GATEWAY_SERVICE}`,
    )
    return
  }
  print(
    fields([
      ['Service', `${GATEWAY_SERVICE} (${scope})`],
      ['Unit', path],
    ]),
  )
  if (fileTls(request.tls))
    note(`after a renewal of the certificate: systemctl restart ${GATEWAY_SERVICE}`)
  if (scope === 'user') note('to keep it running while you are signed out: loginctl enable-linger')
  noteNext('next', 'spl gateway logs --self-hosted')
}

/** @throws StartError */
export async function uninstallService(manners: ServiceManners): Promise<void> {
  const scope = scopeOf(manners)
  const path = gatewayUnitPath(scope)
  const removed = manners.dryRun ? false : await uninstallGatewayService(scope)
  if (manners.json) {
    printJson({
      object: 'gateway_service',
      status: removed ? 'removed' : 'not_installed',
      scope,
      path,
    })
  } else if (manners.dryRun) print(`would remove ${path}`)
  else if (removed) print(`removed ${path}; the storage stays: spl gateway remove --self-hosted`)
  else note(`no service is installed: there is no ${path}`)
}

/** Root installs for the system, everybody else for themselves. */
function scopeOf({ user }: ServiceManners): ServiceScope {
  return user || process.getuid?.() !== 0 ? 'user' : 'system'
}

function checkPort(port: number, scope: ServiceScope): void {
  if (port === 0) {
    throw new CliError(
      'PORT_NEEDED',
      'with port 0 the service would have another address after each start',
      '--port 443, or --port 8443 behind a TLS proxy',
      EXIT_CODE.usage,
    )
  }
  if (scope === 'system' || port >= 1024) return
  throw new CliError(
    'PORT_FORBIDDEN',
    `a user service may not listen on port ${port}: ports below 1024 need a privilege`,
    'use sudo for a system service, which gets that privilege; or --port 8443 behind a TLS proxy',
    EXIT_CODE.usage,
  )
}

function checkSystemd(): void {
  if (process.platform === 'linux') return
  throw new CliError(
    'SERVICE_UNSUPPORTED',
    `spl writes systemd services, and ${process.platform} has no systemd`,
    'let the service manager of this machine run spl gateway serve: docs/self-hosting.md',
  )
}

/** The service's user may not look into anybody's home. */
function warnOfPrivateFolders(): void {
  const paths = [process.execPath, resolve(process.argv[1] ?? '')]
  const hidden = paths.find((path) => /^\/(?:root|home)\//u.test(path))
  if (hidden === undefined) return
  warn(`${hidden} is in a home directory, where the service may be unable to read it`)
  noteNext(
    'try',
    'install Node.js and spl for the whole machine (npm install -g as root), then install the service again',
  )
}

function optionsOf(request: ServiceRequest): string[] {
  const { clientAddressHeader, addressRequests, strangerRequests } = request
  return [
    ...(request.adminDid === undefined
      ? ['--owner', request.ownerDid ?? '']
      : ['--admin', request.adminDid]),
    ...request.hostnames.slice(1).flatMap((name) => ['--hostname', name]),
    '--host',
    request.host,
    ...(request.tls === 'self-signed' ? ['--self-signed'] : []),
    ...(clientAddressHeader ? ['--client-address-header', clientAddressHeader] : []),
    ...(addressRequests ? ['--address-requests', String(addressRequests)] : []),
    ...(strangerRequests ? ['--stranger-requests', String(strangerRequests)] : []),
  ]
}

function fileTls(tls: ServiceRequest['tls']): KeyPair | undefined {
  if (tls === undefined || tls === 'self-signed') return undefined
  return { cert: resolve(tls.cert), key: resolve(tls.key) }
}
