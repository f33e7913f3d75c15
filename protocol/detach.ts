/**
 * Gives work that nobody awaits its one handler of failures, from its first moment on. So every promise has a handler,
 * and each failure ends where something can be done about it.
 * @param failed settles what the work was about; must not throw
 */
export function detach(work: Promise<unknown>, failed: (error: unknown) => void): void {
  work.then(undefined, failed)
}
