import type { Home } from '../../../home/home.ts'
import { CliError } from '../../cli-error.ts'
import { socketClient } from '../../client/daemon-client.ts'
import { EXIT_CODE } from '../../exit-code.ts'
import { readRunningFile } from '../../client/running-file.ts'

/** What the daemon of a home serves now, as far as a proxy in front of it is concerned. */
export interface RunningConfiguration {
  /** Where it listens, http. */
  readonly address: string
  readonly instanceDid: string
  /** Origin of the gateway that it is connected to. */
  readonly gateway: string | undefined
  /** The settings in force, by key. */
  readonly settings: Readonly<Record<string, unknown>>
  /** The name that is allowed already, if it is one: the likely hostname of a recipe. */
  readonly hostname: string | undefined
}

interface Config {
  readonly settings: readonly { readonly key: string; readonly value: unknown }[]
}

/** @throws CliError DAEMON_NOT_RUNNING */
export async function runningConfiguration(home: Home): Promise<RunningConfiguration> {
  const facts = readRunningFile(home)
  if (facts === undefined) {
    throw new CliError(
      'DAEMON_NOT_RUNNING',
      `no daemon runs in ${home.root}, so its address and settings are not known`,
      'spl serve --daemon',
      EXIT_CODE.unreachable,
    )
  }
  const config = await socketClient(home).get<Config>('/v1/config')
  const settings = Object.fromEntries(config.settings.map(({ key, value }) => [key, value]))
  const hosts = settings['allowed_hosts']
  const [only, ...others] = Array.isArray(hosts) ? (hosts as string[]) : []
  return {
    address: facts.address,
    instanceDid: facts.instance_did,
    gateway: facts.gateway ?? undefined,
    settings,
    hostname: others.length === 0 ? only : undefined,
  }
}
