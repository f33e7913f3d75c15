import type { FaultKind } from './schedule.ts'
import type { Violation } from './violation.ts'

/** The proof that a fault happened, and to whom. */
export interface Witness {
  readonly kind: FaultKind
  /** Milliseconds after the load was steady. */
  readonly atMs: number
  /** TCP connections that it met. */
  readonly connections: number
  /** Bytes that it held, slowed or split; of an end, those that had passed in the moment before. */
  readonly bytes: number
  /** Public requests and streams that were under way. */
  readonly underWay: number
  /** What it was seen to do. */
  readonly effect: string
}

/** A fault that met nobody proves nothing. */
export function checkWitness(witness: Witness): Violation[] {
  const { kind, connections, bytes, underWay } = witness
  if (connections > 0 && bytes > 0 && underWay > 0) return []
  const text = `${kind} met ${connections} connections, ${bytes} bytes, ${underWay} requests`
  return [{ check: 'faults', kind: 'not-fired', text }]
}
