import { expect, test } from 'vitest'
import { EventSource } from 'eventsource'
import { startFront } from '../../../local-daemon/gateway/front/start-front.ts'
import { until } from '../../support/until.ts'

test('while workerd cannot be reached a request gets an error that says so, and an event stream is cut so that its client tries again', async () => {
  const front = await startFront({
    host: '127.0.0.1',
    port: 0,
    knowsClients: false,
    dial: () => Promise.reject(new Error('not there')),
    onLog: () => {},
  })
  try {
    const url = `http://127.0.0.1:${front.port}/v1/sync/subscribe`
    expect((await fetch(url)).status).toBe(503)
    let failed = 0
    const source = new EventSource(url)
    source.addEventListener('error', () => (failed += 1))
    await until('it has failed', () => failed > 0)
    expect(source.readyState).toBe(EventSource.CONNECTING)
    source.close()
  } finally {
    await front.destroy()
  }
})
