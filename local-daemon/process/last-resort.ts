import { detach } from '../../protocol/detach.ts'

/** What to do with a fault that nothing else has handled. */
export interface LastResort {
  /** Writes a line and counts. Must not throw. */
  note(place: 'rejection' | 'exception', error: unknown): void
  /** Whether the process still works, by asking it. Resolves or rejects within a few seconds. */
  serves(): Promise<boolean>
  /** Ends the process in order, with `EXIT_CODE.fault`. Called once. */
  end(why: string): void
}

/**
 * Catches what nothing else has caught: an unhandled rejection, an exception in a callback or a
 * timer, an `error` event without a listener. The rule (docs/running.md):
 *
 * 1. It is always recorded.
 * 2. After a rejection, or an error of a system call on a socket or a pipe, the process continues: only the work that
 *    it belonged to is lost.
 * 3. After any other exception the process asks itself whether it still serves. If so, it continues; if not, or if
 *    it cannot say, it ends in order, so that its supervisor starts a new one.
 *
 * @returns a function that removes it
 */
export function installLastResort(resort: LastResort): () => void {
  let asking = false
  let ending = false

  function rejected(reason: unknown): void {
    resort.note('rejection', reason)
  }

  function thrown(error: unknown): void {
    resort.note('exception', error)
    if (isOfSystemCall(error) || asking || ending) return
    asking = true
    detach(askAndDecide(), rejected)
  }

  async function askAndDecide(): Promise<void> {
    const serves = await doesServe()
    asking = false
    if (serves || ending) return
    ending = true
    resort.end('it met an exception that nobody caught, and serves no more')
  }

  async function doesServe(): Promise<boolean> {
    try {
      return await resort.serves()
    } catch (error) {
      resort.note('exception', error)
      return false
    }
  }

  process.on('unhandledRejection', rejected)
  process.on('uncaughtException', thrown)
  return () => {
    process.off('unhandledRejection', rejected)
    process.off('uncaughtException', thrown)
  }
}

/** Node's errors for a failed read, write, connect or accept: only the connection is lost. */
function isOfSystemCall(error: unknown): boolean {
  return error instanceof Error && 'syscall' in error && 'errno' in error
}
