import { detach } from '../../protocol/detach.ts'

/** What is done with a fault that nobody else has handled. */
export interface LastResort {
  /** Writes a line and counts. Must not throw. */
  note(place: 'rejection' | 'exception', error: unknown): void
  /** Whether the process still does its work, found out by asking it. Resolves or rejects within a few seconds. */
  serves(): Promise<boolean>
  /** The process is to end in order, with `EXIT_CODE.fault`. Called once. */
  end(why: string): void
}

/**
 * Catches what no other place has: a promise that was rejected and not handled, an exception out of a callback or a
 * timer, an `error` event that nobody listens to. The rule (docs/running.md):
 *
 * 1. It is always noted.
 * 2. After a rejection, or an error that a system call on a socket or a pipe gave, the process goes on: it has cost what
 *    it belonged to, and no more.
 * 3. After any other exception the process asks itself whether it still serves. If it does it goes on; if not, or if
 *    it cannot say, it ends in order, so that whoever supervises it starts a new one.
 *
 * @returns the way to take it off again
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

/** As Node makes them of a failed read, write, connect or accept: the connection is over, and nothing else. */
function isOfSystemCall(error: unknown): boolean {
  return error instanceof Error && 'syscall' in error && 'errno' in error
}
