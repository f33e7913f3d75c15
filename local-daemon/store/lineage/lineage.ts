import { lineageBreak } from './judge-lineage.ts'
import { LineageFile } from './lineage-file.ts'
import type { Statements } from '../statements.ts'

/** Records that there is no store yet, so that the next start also expects an empty one. */
export function rememberNothing(path: string): void {
  const file = new LineageFile(path)
  file.note({ epoch: '', seq: 0, id: '', at: Date.now() })
  file.close()
}

/** Keeps the file that remembers a store in step with it. */
export class Lineage {
  readonly #file: LineageFile
  #failed = false
  /** Why the store is not the remembered one; then it gets a new epoch. */
  readonly broken: string | undefined

  constructor(path: string, statements: Statements) {
    this.#file = new LineageFile(path)
    const head = statements.head.get() ?? 0
    const idStartAt = (seq: number) => statements.idStartAt.get(seq)?.toString('hex')
    const epoch = statements.epoch.get() ?? ''
    this.broken = lineageBreak(this.#file.mark, { epoch, head, idStartAt })
  }

  /** At the start: what the store is from now on, even if it has less than before. @throws the system's error */
  begin(epoch: string, seq: number, id: string): void {
    this.#file.note({ epoch, seq, id, at: Date.now() })
  }

  /**
   * After a commit. It never goes back, so nothing acknowledged is forgotten. If a mark cannot be written, it is behind, which only
   * means that less is noticed.
   */
  note(epoch: string, seq: number, id: string): void {
    const before = this.#file.mark
    if (seq < (before?.seq ?? 0)) return
    try {
      this.#file.note({ epoch, seq, id, at: Date.now() })
      this.#failed = false
    } catch {
      this.#failed = true
    }
  }

  /** Whether the last mark could not be written. */
  get isBehind(): boolean {
    return this.#failed
  }

  close(): void {
    this.#file.close()
  }
}
