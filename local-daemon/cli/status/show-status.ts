import { homeOf, type GlobalOptions } from '../global-options.ts'
import { CliError } from '../cli-error.ts'
import type { Destination } from '../client/destination.ts'
import { daemonClient, socketClient, type DaemonClient } from '../client/daemon-client.ts'
import { EXIT_CODE } from '../exit-code.ts'
import { note, noteNext, print, printJson } from '../output/output.ts'
import { localTime } from '../output/local-time.ts'
import { fields } from '../output/table.ts'
import { type Link, linkRows } from '../tunnel/link-rows.ts'
import type { Exposure } from '../../network/listen-host.ts'
import type { Home } from '../../home/home.ts'
import { readRunningPid } from '../../home/pid-file.ts'
import { exposureText } from '../serve/exposure.ts'
import { presenceOf, type Health, type StoreProblem } from '../client/presence.ts'
import { probePublic } from '../client/probe-public.ts'
import { IN_MEMORY } from '../serve/ready-report.ts'
import { readRunningFile } from '../client/running-file.ts'
import { startCommand } from '../client/start-command.ts'
import { readLogin } from '../client/login-file.ts'
import { shellPath } from '../../problem/shell-word.ts'

/** The `--json` of `spl status` and `spl serve --status`. */
interface Status {
  readonly object: 'status'
  readonly status: 'running' | 'not_running' | 'not_answering'
  readonly version: string | null
  readonly instance_did: string | null
  readonly pid: number | null
  readonly address: string | null
  readonly socket: string | null
  readonly gateway: string | null
  /** Whether the gateway's hostname leads here, tried end to end; null without a gateway. */
  readonly reachable: boolean | null
  /** Why not. */
  readonly unreachable_reason: string | null
  /** Who can reach the address; null where that is not known. */
  readonly exposure: Exposure | null
  /** The database file; null for one in memory, or where that is not known. */
  readonly store: string | null
  readonly in_memory: boolean | null
  /** What is wrong with the store; null where nothing is, or that is not known. */
  readonly store_problem: StoreProblem | null
  /** Why it is another store than the one before the last start, and readers start anew; null where it is the same. */
  readonly lineage_broken: string | null
  /** Whether loopback asks for bearers now; null where it is not told. */
  readonly auth_required: boolean | null
  readonly insecure_localhost: boolean | null
  /** The service manager that started it. */
  readonly supervisor: string | null
  readonly home: string | null
  readonly started_at: string | null
  /** `GET /v1/tunnel`; null where it may not be asked. */
  readonly link: Link | null
  /** `GET /v1/identity`, whose bearer this is and what it may; null on the socket, and where it is refused. */
  readonly account: Caller | null
  /** Where `spl login` leads, if the home's own daemon is shown in its place. */
  readonly shadowed_login: string | null
}

interface Caller {
  readonly service_account_id: string | null
  readonly scopes: readonly string[]
}

/**
 * Shows the daemon of the home, or the one at a URL; exit code 3 when it does not answer.
 *
 * @param destination for the command that goes elsewhere too
 */
export async function showStatus(options: GlobalOptions, destination?: Destination): Promise<void> {
  const status =
    destination?.kind === 'elsewhere'
      ? await remoteStatus(options, destination.origin)
      : await homeStatus(homeOf(options))
  if (options.json) printJson(status)
  else print(describe(status))
  if (status.store_problem !== null) return reportProblem(status.store_problem, options)
  if (status.status === 'running') return
  process.exitCode = EXIT_CODE.unreachable
  if (!options.json)
    noteNext(
      'try',
      `${status.status === 'not_running' ? startCommand(homeOf(options)) : advice(status)}`,
    )
}

/** It runs and does not do its work: exit code 1. */
function reportProblem(problem: StoreProblem, options: GlobalOptions): void {
  process.exitCode = EXIT_CODE.failed
  if (options.json) return
  note(`error: ${problem.message} [${problem.code}]`)
  noteNext('try', `${problem.try}`)
}

async function homeStatus(home: Home): Promise<Status> {
  const presence = await presenceOf(home)
  const facts = readRunningFile(home)
  const health = presence.state === 'answers' ? presence.health : undefined
  const seen =
    health && facts?.gateway
      ? await probePublic(facts, facts.gateway, health.process?.name)
      : undefined
  const link = health === undefined ? null : await linkOf(socketClient(home))
  return {
    object: 'status',
    status: ({ answers: 'running', silent: 'not_answering', absent: 'not_running' } as const)[
      presence.state
    ],
    ...about(health),
    pid: readRunningPid(home.pidFile) ?? null,
    address: facts?.address ?? null,
    socket: home.socket,
    gateway: facts?.gateway ?? null,
    reachable: seen?.reachable ?? null,
    unreachable_reason: seen?.reason ?? null,
    exposure: facts?.exposure ?? null,
    store: facts?.store ?? null,
    in_memory: facts === undefined ? null : facts.store === null,
    store_problem: health?.store?.problem ?? null,
    lineage_broken: health?.store?.lineage_broken ?? null,
    auth_required: health?.security?.auth_required ?? null,
    insecure_localhost: health?.security?.insecure_localhost ?? null,
    supervisor: facts?.supervisor ?? null,
    home: home.root,
    started_at: facts?.started_at ?? null,
    link,
    account: null,
    shadowed_login: loginOf(home),
  }
}

async function remoteStatus(options: GlobalOptions, url: URL): Promise<Status> {
  const client = await daemonClient(options)
  const health = await client.get<Health>('/health')
  return {
    object: 'status',
    status: 'running',
    ...about(health),
    pid: null,
    address: url.origin,
    socket: null,
    gateway: null,
    reachable: null,
    unreachable_reason: null,
    exposure: null,
    store: null,
    in_memory: null,
    store_problem: null,
    lineage_broken: null,
    auth_required: null,
    insecure_localhost: null,
    supervisor: null,
    home: null,
    started_at: null,
    link: await linkOf(client),
    account: await callerOf(client),
    shadowed_login: null,
  }
}

/** The link as the daemon sees it; null if the bearer may not ask, or the daemon is too old to know. */
async function linkOf(client: DaemonClient): Promise<Link | null> {
  try {
    return await client.get<Link>('/v1/tunnel')
  } catch (error) {
    if (error instanceof CliError) return null
    throw error
  }
}

/** Null if the daemon refuses the bearer: `spl status` tells that it runs all the same. */
async function callerOf(client: DaemonClient): Promise<Caller | null> {
  try {
    const { service_account_id, scopes } = await client.get<Caller>('/v1/identity')
    return { service_account_id, scopes }
  } catch (error) {
    if (error instanceof CliError) return null
    throw error
  }
}

function about(health: Health | undefined): Pick<Status, 'version' | 'instance_did'> {
  return { version: health?.version ?? null, instance_did: health?.instance_did ?? null }
}

function describe(status: Status): string {
  return fields([
    ['Status', status.status.replace('_', ' ')],
    ['Version', status.version ?? undefined],
    ['Identity', status.instance_did ?? undefined],
    ['Address', status.address ?? undefined],
    ['Exposure', status.exposure === null ? undefined : exposureText(status.exposure)],
    ['Account', status.account?.service_account_id ?? undefined],
    ['Scopes', status.account?.scopes.join(', ')],
    ['Gateway', status.gateway ?? undefined],
    ['Public', publicly(status)],
    ...(status.link?.configured ? linkRows(status.link) : []),
    ['Socket', status.socket ?? undefined],
    ['Store', status.store ?? (status.in_memory ? IN_MEMORY : undefined)],
    ['Store problem', status.store_problem?.code],
    ['Store changed', status.lineage_broken ?? undefined],
    ['Auth', authText(status)],
    ['Home', status.home ?? undefined],
    ['Service', status.supervisor ?? undefined],
    ['Login', shadowed(status)],
    ['PID', status.pid?.toString()],
    [
      'Started',
      status.started_at === null ? undefined : localTime(Date.parse(status.started_at) / 1000),
    ],
  ])
}

/** A file that cannot be read leads nowhere; what is wrong with it is told where it is used. */
function loginOf(home: Home): string | null {
  try {
    return readLogin(home)?.url ?? null
  } catch {
    return null
  }
}

function shadowed({ shadowed_login: url }: Status): string | undefined {
  if (url === null) return undefined
  return `${url} is not used, because this home has its own daemon. For the other one: SPL_SERVE_URL=${url} spl status`
}

function authText({ auth_required, insecure_localhost }: Status): string | undefined {
  if (auth_required === null) return undefined
  if (insecure_localhost === true) return 'off on loopback: --insecure-localhost'
  return auth_required ? 'bearer tokens required' : 'off on loopback: auth_required is false'
}

function publicly({ reachable, unreachable_reason }: Status): string | undefined {
  if (reachable === null) return undefined
  return reachable ? 'reachable (tested end to end)' : `not reachable: ${unreachable_reason}`
}

function advice(status: Status): string {
  return `read the log in ${shellPath(`${status.home}/logs`)}, then: spl serve --stop`
}
