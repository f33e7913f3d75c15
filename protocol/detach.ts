/**
 * Starts nothing and waits for nothing: it gives work that goes on by itself the one handler of its failure, from the
 * work's first moment on. So no promise is ever without one, and each failure ends where somebody knows what to do.
 * @param failed settles what the work was about; must not throw
 */
export function detach(work: Promise<unknown>, failed: (error: unknown) => void): void {
  work.then(undefined, failed)
}
