import { partsOfName } from './backup-name.ts'

/** A redacted record in the store of now. */
export interface RedactedPlace {
  readonly seq: number
  readonly epoch: string
  /** Unix time, milliseconds. */
  readonly redactedAt: number
}

/**
 * Which backups may still have the body of a record, by their names alone: those made before its redaction that go as far. A damaged one
 * counts, as its bytes are there, and one of an earlier epoch, whose numbers say nothing.
 */
export function mayHold(names: readonly string[], record: RedactedPlace): readonly string[] {
  return names.filter((name) => {
    const parts = partsOfName(name)
    if (parts === undefined || parts.madeAt > record.redactedAt) return false
    return !record.epoch.startsWith(parts.epoch) || parts.records >= record.seq
  })
}
