import { isPlainObject } from '../../../protocol/json/json-value.ts'
import type { Home } from '../../home/home.ts'
import type { ServeOptions } from './serve-options.ts'

/** What a daemon is started with: the part of the command line that a restart keeps and a service holds. No secret. */
export interface StartArguments {
  readonly host: string
  readonly port: number
  readonly insecureLocalhost: boolean
  readonly gateway: string | null
  readonly gatewayCa: string | null
  readonly store: string | null
  readonly memory: boolean
}

/** What a start without arguments has: this machine alone. */
export const INITIAL_START: StartArguments = {
  host: '127.0.0.1',
  port: 9100,
  insecureLocalhost: false,
  gateway: null,
  gatewayCa: null,
  store: null,
  memory: false,
}

export function startArguments(options: ServeOptions): StartArguments {
  return {
    host: options.host,
    port: options.port,
    insecureLocalhost: options.insecureLocalhost === true,
    gateway: options.gateway || null,
    gatewayCa: options.gatewayCa ?? null,
    store: options.store ?? null,
    memory: options.memory === true,
  }
}

/** The command line of a daemon in the foreground, behind `spl`. */
export function foregroundLine(home: Home, args: StartArguments): string[] {
  return [
    'serve',
    '--foreground',
    `--home=${home.root}`,
    `--host=${args.host}`,
    `--port=${args.port}`,
    ...(args.insecureLocalhost ? ['--insecure-localhost'] : []),
    ...(args.gateway === null ? [] : [`--gateway=${args.gateway}`]),
    ...(args.gatewayCa === null ? [] : [`--gateway-ca=${args.gatewayCa}`]),
    ...(args.store === null ? [] : [`--store=${args.store}`]),
    ...(args.memory ? ['--memory'] : []),
  ]
}

/**
 * What a restart starts with: what was used last, and in its place whatever was given now.
 * @param given the arguments that stand on this command line or in its environment, and no others
 */
export function keptArguments(
  last: StartArguments,
  given: Partial<StartArguments>,
): StartArguments {
  // A store given now takes the place of the other kind, too.
  const store = given.memory === true ? { store: null } : given.store ? { memory: false } : {}
  // A certificate is of one gateway: another one, or none, does not have it.
  const ca =
    given.gateway === undefined || given.gateway === last.gateway ? {} : { gatewayCa: null }
  return { ...last, ...store, ...ca, ...given }
}

/** The arguments that a file of an earlier start holds; undefined for one that is damaged or of another version. */
export function readArguments(value: unknown): StartArguments | undefined {
  if (!isPlainObject(value)) return undefined
  const { host, port, insecureLocalhost, gateway, gatewayCa, store, memory } = value
  const texts = [gateway, gatewayCa, store]
  const fits =
    typeof host === 'string' &&
    typeof port === 'number' &&
    Number.isInteger(port) &&
    port >= 0 &&
    port <= 65_535 &&
    typeof insecureLocalhost === 'boolean' &&
    typeof memory === 'boolean' &&
    texts.every((text) => text === null || typeof text === 'string')
  return fits
    ? ({ host, port, insecureLocalhost, gateway, gatewayCa, store, memory } as StartArguments)
    : undefined
}
