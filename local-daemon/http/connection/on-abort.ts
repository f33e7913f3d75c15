/**
 * Calls back once when any of the signals aborts, at once if one has. Returns a function that stops listening.
 *
 * Instead of `AbortSignal.any`: one signal lives as long as the daemon, and a combined signal with a
 * listener stays alive with it, one more for each request.
 */
export function onAbort(signals: readonly AbortSignal[], callback: () => void): () => void {
  function leave() {
    for (const signal of signals) signal.removeEventListener('abort', fire)
  }
  function fire() {
    leave()
    callback()
  }
  for (const signal of signals) signal.addEventListener('abort', fire)
  if (signals.some((signal) => signal.aborted)) fire()
  return leave
}
