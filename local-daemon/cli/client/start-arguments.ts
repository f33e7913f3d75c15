import { isPlainObject } from '../../../protocol/json/json-value.ts'

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
