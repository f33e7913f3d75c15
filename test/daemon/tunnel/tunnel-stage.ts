import type { WebSocket } from 'ws'
import type { TunnelApp } from '../../../local-daemon/tunnel/tunnel-app.ts'
import type { TunnelEvent, TunnelOptions } from '../../../local-daemon/tunnel/tunnel.ts'
import { until } from '../../support/until.ts'
import { type FrameText } from '../../support/wire/wire-text.ts'
import { aTunnel, type TestTunnel } from './a-tunnel.ts'
import { aScriptedGateway, HELLO, sendFrames } from '../../support/gateway/scripted-gateway.ts'

/** What a wait of the backoff would take at the least where a test must see that it was cut short. */
export const LONGEST = () => 0.999

export const hello = (generation: number): FrameText => ({
  ...HELLO,
  json: { ...(HELLO.json as Record<string, unknown>), generation },
})

const goAway = (code: NonNullable<FrameText['code']>, reason: string): FrameText => ({
  type: 'GO_AWAY',
  flags: [],
  stream: 0,
  last_stream: 1,
  code,
  reason,
})

export const RESTART = goAway('GOING_AWAY', 'the gateway restarts')

export const REPLACED = goAway('REPLACED', 'the words do not matter')

interface Stage extends AsyncDisposable {
  readonly home: TestTunnel
  /** Every socket that was accepted, the closed ones too. */
  readonly sockets: readonly WebSocket[]
  readonly knocks: () => number
  /** Sockets that are open now, and the most that ever were at once. */
  readonly open: () => number
  readonly mostOpen: () => number
}

/** A gateway that greets each connection with the next generation, and a tunnel to it. */
export async function aStage(
  script: (socket: WebSocket, number: number) => void = () => {},
  options: Partial<TunnelOptions> = {},
  app?: TunnelApp,
): Promise<Stage> {
  const sockets: WebSocket[] = []
  let open = 0
  let most = 0
  const gateway = await aScriptedGateway(({ accept }, number) => {
    void accept().then((socket) => {
      sockets.push(socket)
      open += 1
      most = Math.max(most, open)
      socket.on('close', () => (open -= 1))
      sendFrames(socket, hello(number))
      socket.on('message', (data: Buffer) => String(data) === 'ping' && socket.send('pong'))
      script(socket, number)
    })
  })
  const home = aTunnel(gateway.url, app, options)
  return {
    home,
    sockets,
    knocks: gateway.knocks,
    open: () => open,
    mostOpen: () => most,
    async [Symbol.asyncDispose]() {
      for (const socket of sockets) socket.terminate()
      await home.tunnel.stop()
      await gateway[Symbol.asyncDispose]()
    },
  }
}

export const kinds = ({ events }: TestTunnel) => events.map(({ kind }) => kind)

export const count = (home: TestTunnel, kind: TunnelEvent['kind']) =>
  kinds(home).filter((one) => one === kind).length

export const generation = ({ home }: Stage) => home.tunnel.status.generation

export const connectedAs = (stage: Stage, number: number) =>
  until(`generation ${number} serves`, () => generation(stage) === number)

/** An app whose answers end when a test says so. */
export function slowApp(): { readonly app: TunnelApp; readonly finish: (() => void)[] } {
  const finish: (() => void)[] = []
  const app: TunnelApp = {
    fetch: () =>
      new Promise((resolve) => finish.push(() => resolve(new Response('finished late')))),
  }
  return { app, finish }
}

export function home(stage: Stage) {
  return stage.home.tunnel.status
}
