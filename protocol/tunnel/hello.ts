import { LIMITS } from '../limits.ts'
import { PROTOCOL_VERSION } from './version.ts'
import { parseWireObject } from './wire-json.ts'
import { isAgent, isWireId } from './wire-names.ts'

/** The first frame of each side. */
export interface Hello {
  readonly version: number
  /** Program and version, for logs: `spl-gateway/0.1.0`. */
  readonly agent: string
  /** Gateway only: which connection of this daemon it is, growing by one each time. */
  readonly generation?: number
  /**
   * Daemon only: a random name of its process, and the generations of its older connections that are still open there.
   * Connections of the same process that are not listed are dead, even if TCP does not know yet.
   */
  readonly process?: string
  readonly open?: readonly number[]
}

export function encodeHello(hello: Hello): Uint8Array {
  return new TextEncoder().encode(JSON.stringify(hello))
}

/** Undefined for anything but a hello of this version. */
export function decodeHello(payload: Uint8Array): Hello | undefined {
  if (payload.length > LIMITS.helloBytes) return undefined
  const value = parseWireObject(payload)
  if (value === undefined) return undefined
  const { version, agent, generation, process, open } = value
  if (version !== PROTOCOL_VERSION || !isAgent(agent)) return undefined
  if (generation !== undefined && !isGeneration(generation)) return undefined
  if (process !== undefined && !isWireId(process)) return undefined
  if (open !== undefined && !(Array.isArray(open) && open.every(isGeneration))) return undefined
  return {
    version,
    agent,
    ...(generation === undefined ? {} : { generation }),
    ...(process === undefined ? {} : { process }),
    ...(open === undefined ? {} : { open }),
  }
}

function isGeneration(value: unknown): value is number {
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0
}
