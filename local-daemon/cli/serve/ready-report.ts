import { networkInterfaces } from 'node:os'
import type { Daemon } from '../../daemon.ts'
import { lineageWarning } from '../../store-words.ts'
import type { TunnelOptions } from '../../tunnel/start-tunnel.ts'
import type { Home } from '../../home/home.ts'
import { type Exposure, urlHost } from '../../network/listen-host.ts'
import { openFilesWarnings } from '../../http/connection/connections-for.ts'
import { openFilesLimit } from '../../process/open-files.ts'
import { note, noteNext, warn } from '../output/output.ts'
import { fields } from '../output/table.ts'
import { exposureText, exposureWarnings } from './exposure.ts'
import type { ServeOptions } from './serve-options.ts'

/** What a daemon says about itself once it serves; the `--json` of `spl serve`. */
export interface ReadyReport {
  readonly object: 'daemon'
  readonly status: 'running'
  readonly pid: number
  readonly address: string
  readonly socket: string
  readonly home: string
  readonly log: string
  readonly instance_did: string
  readonly gateway: string | null
  /** Who can reach the address. */
  readonly exposure: Exposure
  /** What a person should know, one line each. */
  readonly warnings: readonly string[]
  /** The database file; null for one in memory. */
  readonly store: string | null
  /** The setting, as it was at the start. */
  readonly auth_required: boolean
  /** The service manager that started it: `systemd` or `launchd`. */
  readonly supervisor: string | null
  /** No bearer is asked for on loopback. */
  readonly insecure_localhost: boolean
  /** PEM file that is trusted for the gateway, beside the system's authorities. */
  readonly gateway_ca: string | null
  /** No account is there yet: whoever has the bootstrap token, or the socket, makes the first. */
  readonly bootstrap_open: boolean
  /** Only on the first start of a home: the store keeps no more than its hash. */
  readonly admin_bearer?: string
}

export function readyReport(
  daemon: Daemon,
  home: Home,
  tunnel: TunnelOptions | undefined,
  { insecureLocalhost = false, supervisor }: Pick<ServeOptions, 'insecureLocalhost' | 'supervisor'>,
): ReadyReport {
  const { host, port } = daemon.addresses.tcp
  return {
    object: 'daemon',
    status: 'running',
    pid: process.pid,
    address: `http://${urlHost(host)}:${port}`,
    socket: daemon.addresses.socket,
    home: home.root,
    log: home.logFile,
    instance_did: daemon.identity.did,
    gateway: tunnel?.gatewayUrl ?? null,
    exposure: daemon.exposure,
    warnings: [
      ...lineageWarnings(daemon.store.lineageBroken),
      ...exposureWarnings(daemon.exposure, host, networkInterfaces()),
      ...openFilesWarnings(openFilesLimit()),
    ],
    store: daemon.storePath,
    auth_required: daemon.access.settings.values.auth_required,
    supervisor: supervisor ?? null,
    insecure_localhost: insecureLocalhost,
    bootstrap_open: daemon.store.accounts(0, 1).length === 0,
    gateway_ca: tunnel?.cacert ?? null,
    ...(daemon.adminBearer !== undefined && { admin_bearer: daemon.adminBearer }),
  }
}

function lineageWarnings(broken: string | undefined): readonly string[] {
  return broken === undefined ? [] : [lineageWarning(broken)]
}

/** What `Store` says of one that is not kept. */
export const IN_MEMORY = 'in memory: records, accounts and settings end with the daemon'

const OPEN_DOOR =
  'No account yet. Make the first one here: spl service-account create --bootstrap --name admin\n'

/** The report for people. */
export function banner(report: ReadyReport): string {
  const bearer = report.admin_bearer
  const facts = fields([
    ['Status', 'running'],
    ['Address', report.address],
    ['Exposure', exposureText(report.exposure)],
    ['Socket', report.socket],
    ['Gateway', report.gateway ?? undefined],
    ['Store', report.store ?? IN_MEMORY],
    ['Identity', report.instance_did],
    ['Home', report.home],
    ['Log', report.log],
    ['PID', String(report.pid)],
  ])
  if (bearer !== undefined) {
    return `${facts}\nAdmin bearer, shown this once. Keep it safe; it opens everything:\n  ${bearer}\n`
  }
  return report.bootstrap_open ? `${facts}\n${OPEN_DOOR}` : facts
}

/** On stderr at every start, so that it is not forgotten. */
export function warnOfStart(report: ReadyReport): void {
  for (const warning of report.warnings) warn(warning)
  if (!report.insecure_localhost) return
  note(
    'warning: --insecure-localhost: every program and user of this machine may read and write records',
  )
  noteNext('try', 'spl serve --stop, then spl serve --daemon without it')
}
