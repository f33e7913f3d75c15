import { once } from 'node:events'
import { expect } from 'vitest'
import type { WebSocket } from 'ws'
import { encodeFrame, FRAME } from '../../../../protocol/tunnel/frame.ts'
import { encodeHello } from '../../../../protocol/tunnel/hello.ts'
import { PROTOCOL_VERSION } from '../../../../protocol/tunnel/version.ts'
import { writeWire } from '../../../support/wire/wire-text.ts'
import { connectHome } from '../../../support/daemon/connect-home.ts'
import { HomeApp } from '../../../support/daemon/home-app.ts'
import { aRawHome, type RawHome } from '../../../support/wire/raw-home.ts'
import type { Answer, Sending } from '../../../support/clients/send.ts'
import type { Stage } from '../../../support/gateway/stage.ts'
import { until } from '../../../support/until.ts'

export const OFFLINE = [503, 'TUNNEL_OFFLINE', '5']
export const INTERRUPTED = [502, 'TUNNEL_INTERRUPTED', undefined]
/** Status, then text or code, then when to come again. */
export const outcome = (answer: Answer) => [
  answer.status,
  answer.status === 200 ? answer.text : answer.json()['code'],
  answer.header('retry-after'),
]

/** What a test needs to send home away and bring it back. The stage logs what its object gets. */
export function awayScene(stage: () => Stage) {
  const port = () => stage().gateway.port
  const rawHome = () => aRawHome(port(), stage().identity)
  const atTheObject = ({ gateway }: Stage) =>
    gateway.log.filter((line) => line.includes('object request https://tunnel/relay')).length

  /** Sends a request that nobody answers yet; resolves when the object has it. */
  const held = async (
    sending: Sending,
    at: Stage = stage(),
  ): Promise<{ answer: Promise<Answer> }> => {
    const before = atTheObject(at)
    const answer = at.send(sending)
    await until('the object has it', () => atTheObject(at) > before)
    return { answer }
  }

  /** Home's requests of a path, when they are there. */
  const arrived = (home: RawHome, target: string) =>
    until(`${target} is at home`, () => home.targets().includes(target))

  /** Home was connected until a moment ago, and the gateway knows that it is gone. */
  const homeWasHere = async () => {
    const home = await rawHome()
    const post = stage().send(withBody('/was-here', 'x'))
    await arrived(home, '/was-here')
    home.socket.terminate()
    expect(outcome(await post)).toEqual(INTERRUPTED)
  }

  const homeComes = async (app: HomeApp = new HomeApp()) => {
    const { gateway, identity } = stage()
    return { app, home: await connectHome(gateway.origin, identity, app) }
  }
  const pathsOf = ({ seen }: HomeApp) => seen.map(({ url }) => new URL(url).pathname)

  return { rawHome, atTheObject, held, arrived, homeWasHere, homeComes, pathsOf }
}

export function withBody(path: string, body: string): Sending {
  return { method: 'POST', path, headers: [['content-length', String(body.length)]], body }
}

/**
 * Says goodbye, and waits until the gateway has heard it.
 * @param last stream that it has accepted
 */
export async function leave({ socket, frames }: RawHome, last = 1): Promise<void> {
  const ping = { type: 'PING', flags: [], stream: 0, id: 7 } as const
  const goAway = { type: 'GO_AWAY', flags: [], stream: 0 } as const
  socket.send(
    writeWire([{ ...goAway, last_stream: last, code: 'GOING_AWAY', reason: 'restart' }, ping]),
  )
  await until('it is heard', () => frames.some(({ type }) => type === 'PING'))
}

export function greeting(): Uint8Array {
  const payload = encodeHello({ version: PROTOCOL_VERSION, agent: 'raw' })
  return encodeFrame({ type: FRAME.HELLO, flags: 0, stream: 0, payload })
}

/** A home whose `/socket` says back what it hears. */
export function echoing(): HomeApp {
  const app = new HomeApp()
  app.accept('/socket', () => ({
    start: (peer) => ({ message: (message) => void peer.send(message), closed() {} }),
  }))
  return app
}

export async function echoOf(socket: WebSocket): Promise<string> {
  const echo = once(socket, 'message')
  socket.send('tea')
  const [data] = (await echo) as [Buffer]
  socket.close()
  return data.toString()
}
