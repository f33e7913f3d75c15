import type { ExchangeStream } from './exchange.ts'

/**
 * A callback that the platform calls for one exchange: of a socket, a signal, a timer or a promise. What it throws ends
 * that exchange and frees its slot, instead of being lost with the slot held for ever.
 */
export function guarded<Args extends readonly unknown[]>(
  stream: Pick<ExchangeStream, 'fail'>,
  callback: (...args: Args) => void,
): (...args: Args) => void {
  return (...args) => {
    try {
      callback(...args)
    } catch (error) {
      stream.fail(error)
    }
  }
}
