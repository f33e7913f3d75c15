import { isNamespaceName } from '../../../protocol/identity/namespace-name.ts'
import { isPlainObject } from '../../../protocol/json/json-value.ts'
import { isDaemonThread } from '../../store/daemon-threads.ts'

/** Where a line's record goes, as far as the line says. */
export interface LinePlace {
  readonly thread: string | undefined
  /** Undefined if neither the line nor the record says it; of new lines those are in `default`, or where their thread is. */
  readonly namespace: string | undefined
  readonly isSigned: boolean
  /** Sent twice it is there once: it is signed, or names its clock; or it is no record, and refused each time. */
  readonly isFoundAgain: boolean
}

/** @param value a line: a record with its proof, or a new one */
export function placeOf(value: unknown): LinePlace {
  const isSigned = isPlainObject(value) && Object.hasOwn(value, 'record')
  const record = isSigned ? value['record'] : value
  if (!isPlainObject(record)) {
    return { thread: undefined, namespace: undefined, isSigned, isFoundAgain: true }
  }
  const isFoundAgain = isSigned || Object.hasOwn(record, 'clock')
  const { thread, body } = record
  const name = typeof thread === 'string' ? thread : undefined
  if (name !== undefined && isDaemonThread(name)) {
    return { thread: name, namespace: undefined, isSigned, isFoundAgain }
  }
  const stated = isSigned ? value['namespace'] : undefined
  const named =
    isPlainObject(body) && Object.hasOwn(body, 'namespace') ? body['namespace'] : undefined
  const namespace = [stated, named].find((one) => isNamespaceName(one))
  return { thread: name, namespace, isSigned, isFoundAgain }
}

/** The same of its text; undefined if that is not JSON. */
export function placeIn(bytes: Uint8Array): LinePlace | undefined {
  try {
    return placeOf(JSON.parse(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString()))
  } catch {
    return undefined
  }
}
