import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { expect, test } from 'vitest'
import { LocalExchange } from '../../../local-daemon/tunnel/exchange/local-exchange.ts'
import { RESET } from '../../../protocol/tunnel/reset-code.ts'
import { requestHead } from '../../support/wire/mux-end.ts'

setFlagsFromString('--expose-gc')
const collectGarbage = runInNewContext('gc') as () => void

test('an app that keeps only the signal of its request still hears the abort', async () => {
  const ignore = {
    consumed() {},
    end() {},
    reset() {},
    join: () => false,
    respond: () => true,
    write: () => true,
  }
  const exchange = new LocalExchange(ignore, requestHead('/events'), true, () => {})
  let aborted = false
  const silent = () => new ReadableStream<Uint8Array<ArrayBuffer>>()
  const app = {
    fetch({ signal }: Request) {
      signal.addEventListener('abort', () => (aborted = true))
      return new Response(silent())
    },
  }
  void exchange.run(app, requestHead('/events'))
  for (let round = 0; round < 5; round += 1) {
    await new Promise((resolve) => {
      setImmediate(resolve)
    })
    collectGarbage()
  }
  exchange.reset(RESET.CANCEL)
  expect(aborted).toBe(true)
})
