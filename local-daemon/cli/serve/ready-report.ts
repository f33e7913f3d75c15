import { networkInterfaces } from 'node:os'
import type { Daemon } from '../../daemon.ts'
import { lineageWarning } from '../../store/lineage/judge-lineage.ts'
import type { TunnelTarget } from '../../tunnel/start-tunnel.ts'
import type { Home } from '../../home/home.ts'
import { urlHost } from '../../network/listen-host.ts'
import { openFilesWarnings } from '../../http/connection/connections-for.ts'
import { openFilesLimit } from '../../process/open-files.ts'
import type { ReadyReport } from '../client/ready-report.ts'
import { note, noteNext, warn } from '../output/output.ts'
import { fields } from '../output/table.ts'
import { exposureText, exposureWarnings } from './exposure.ts'
import type { ServeOptions } from './serve-options.ts'

export function readyReport(
  daemon: Daemon,
  home: Home,
  tunnel: TunnelTarget | undefined,
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
export const IN_MEMORY = 'in memory: records, accounts and settings are lost when the daemon stops'

const OPEN_DOOR =
  'No account yet. Create the first one on this machine: spl service-account create --bootstrap --name admin\n'

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
    return `${facts}\nAdmin bearer token, shown only now. Keep it safe; it allows everything:\n  ${bearer}\n`
  }
  return report.bootstrap_open ? `${facts}\n${OPEN_DOOR}` : facts
}

/** On stderr at every start, so that it is not forgotten. */
export function warnOfStart(report: ReadyReport): void {
  for (const warning of report.warnings) warn(warning)
  if (!report.insecure_localhost) return
  note(
    'warning: --insecure-localhost: every program and user on this machine can read and write records',
  )
  noteNext('try', 'spl serve --stop, then spl serve --daemon without it')
}
