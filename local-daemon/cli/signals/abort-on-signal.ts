import { untilSignal } from './until-signal.ts'

/** A signal object that aborts at the first signal that asks this process to stop, as `untilSignal` says. */
export function abortOnSignal(): AbortSignal {
  const ending = new AbortController()
  untilSignal().then(
    () => ending.abort(),
    (error: unknown) => ending.abort(error),
  )
  return ending.signal
}
