import { countText } from '../../problem/count-text.ts'
import type { LineageMark } from './lineage-file.ts'

/** What a store says about itself when it is opened. */
export interface StoreFacts {
  readonly epoch: string
  /** The newest sequence number, 0 when empty. */
  readonly head: number
  /** The first digits of the id of the record at a sequence number, as many as a store keeps; undefined for none. */
  idStartAt(seq: number): string | undefined
}

/**
 * Why a store is not the remembered one, in words for its owner; undefined if it is, or has continued from there.
 * A cursor of the remembered store means nothing in another, even if the numbers fit.
 */
export function lineageBreak(mark: LineageMark | undefined, store: StoreFacts): string | undefined {
  if (mark === undefined) {
    if (store.head === 0) return undefined
    return 'nothing beside it remembers how far it had come: it may be an older copy'
  }
  if (mark.epoch === '' && store.head === 0) return undefined
  const before = `it had ${countText(mark.seq, 'record')} on ${new Date(mark.at).toISOString()}`
  if (mark.epoch !== store.epoch) {
    return `it is another store than the one here before, or an older copy that was put back again: ${before}, and has ${countText(store.head, 'record')} now`
  }
  if (mark.seq > store.head) {
    return `it is an older copy: ${before}, and has ${countText(store.head, 'record')} now`
  }
  const idStart = mark.seq > 0 ? store.idStartAt(mark.seq) : ''
  if (idStart === undefined || !mark.id.startsWith(idStart)) {
    return `it is an older copy that was written to since: ${before}, and record ${mark.seq} is another one now`
  }
  return undefined
}

/** What the owner reads about a store that is not the previous one. */
export function lineageWarning(broken: string): string {
  return `the store was changed while no daemon ran: ${broken}. Readers are told to start anew (CURSOR_EPOCH_CHANGED)`
}
