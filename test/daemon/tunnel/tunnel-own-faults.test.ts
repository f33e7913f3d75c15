import { expect, test } from 'vitest'
import { LinkMeter } from '../../../local-daemon/tunnel/link-meter.ts'
import type { TunnelEvent } from '../../../local-daemon/tunnel/tunnel.ts'
import { aScriptedGateway, HELLO, sendFrames } from '../../support/gateway/scripted-gateway.ts'
import { until } from '../../support/until.ts'
import { aTunnel } from './a-tunnel.ts'

test('a fault of the daemon in opening a connection is told, and the next try is made', async () => {
  await using gateway = await aScriptedGateway(({ accept }) => {
    void accept().then((socket) => sendFrames(socket, HELLO))
  })
  const meter = new LinkMeter()
  const opened = meter.opened.bind(meter)
  let faults = 1
  meter.opened = () => {
    if ((faults -= 1) >= 0) throw new Error('planted')
    return opened()
  }
  await using home = aTunnel(gateway.url, undefined, { meter })
  expect(await home.event('error')).toMatchObject({ place: 'connection' })
  const lost = await home.event('disconnected')
  expect(lost.reason).toBe('the daemon failed; its log says why')
  await home.event('connected')
})

test('a listener that fails does not keep the daemon from connecting again', async () => {
  const events: TunnelEvent[] = []
  const onEvent = (event: TunnelEvent) => {
    events.push(event)
    if (event.kind !== 'error') throw new Error(`planted: ${event.kind}`)
  }
  let addresses = 'eth0 10.0.0.2'
  await using home = aTunnel('http://127.0.0.1:1', undefined, {
    onEvent,
    addresses: () => addresses,
    random: () => 0.5,
  })
  const kinds = () => events.map(({ kind }) => kind)
  await until(
    'it has failed three times',
    () => kinds().filter((kind) => kind === 'disconnected').length > 2,
  )
  expect(kinds()).toContain('error')
  addresses = 'wlan0 10.1.0.2'
  await until('it hears of the change', () => kinds().includes('network-changed'))
  expect(home.tunnel.status.last_error).toContain('ECONNREFUSED')
})
