import { afterAll, beforeAll, expect, test } from 'vitest'
import type { WebSocket } from 'ws'
import { LIMITS } from '../../protocol/limits.ts'
import { anOpen, aScriptedGateway, HELLO, sendFrames } from '../support/gateway/scripted-gateway.ts'
import { until } from '../support/until.ts'
import { readWire, type FrameText } from '../support/wire/wire-text.ts'
import { aDaemonProcess, type DaemonProcess } from './daemon-process.ts'

/* A real daemon as a process of its own, behind a gateway that does what these tests say. */

let daemon: DaemonProcess
let socket: WebSocket
const frames: FrameText[] = []
const undo = new AsyncDisposableStack()
let lastStream = 0

beforeAll(async () => {
  let accepted!: (socket: WebSocket) => void
  const first = new Promise<WebSocket>((resolve) => (accepted = resolve))
  const gateway = undo.use(
    await aScriptedGateway(({ accept }) => {
      void accept().then((opened) => {
        sendFrames(opened, HELLO)
        opened.on('message', (data: Buffer, isBinary) => take(opened, data, isBinary))
        accepted(opened)
      })
    }),
  )
  daemon = undo.use(await aDaemonProcess(['--gateway', gateway.url]))
  socket = await first
  undo.defer(() => socket.terminate())
})

afterAll(() => undo.disposeAsync())

function take(opened: WebSocket, data: Buffer, isBinary: boolean): void {
  for (const frame of isBinary ? readWire(data) : []) {
    frames.push(frame)
    // As a gateway must: the daemon keeps the slot of a stream that it has reset until then.
    if (frame.type === 'RESET' && !frame.flags.includes('ACK'))
      sendFrames(opened, { ...frame, flags: ['ACK'] })
  }
}

/** Opens a stream and returns its number. */
function open(head: Readonly<Record<string, unknown>>, window: number = LIMITS.streamWindow) {
  lastStream += 1
  sendFrames(socket, { ...anOpen(lastStream, { request_id: `r${lastStream}`, ...head }), window })
  return lastStream
}

function of(stream: number, type: FrameText['type']): FrameText | undefined {
  return frames.find((frame) => frame.type === type && frame.stream === stream)
}

async function heard(stream: number, type: FrameText['type']): Promise<FrameText> {
  await until(`there is a ${type} or the daemon is gone`, () => {
    return of(stream, type) !== undefined || daemon.ended() !== undefined
  })
  expect(daemon.ended(), 'the daemon has ended').toBeUndefined()
  return of(stream, type) as FrameText
}

async function expectItServes(): Promise<void> {
  expect((await heard(open({ target: '/health' }), 'HEAD')).json).toMatchObject({ status: 200 })
  expect((await daemon.ask('/health')).status).toBe(200)
}

interface Minted {
  readonly token: string
  readonly token_id: string
}

async function mint(): Promise<Minted> {
  const made = await daemon.ask('/v1/service-accounts', {
    method: 'POST',
    body: JSON.stringify({ name: 'reader', scopes: ['records:read'], with_token: true }),
  })
  const account = (await made.json()) as { readonly minted: Minted }
  expect(made.status).toBe(201)
  return account.minted
}

/** A long answer whose client takes nothing of it. Resolves once the daemon waits for room. */
async function aLongAnswer(bearer: string): Promise<number> {
  const stream = open(
    {
      target: '/v1/threads/th_long/records?limit=1000',
      headers: [['authorization', `Bearer ${bearer}`]],
    },
    LIMITS.streamWindowMin,
  )
  await heard(stream, 'DATA')
  // A question and its answer later all that the window allows has left, and the writer waits.
  await expectItServes()
  return stream
}

test('a bearer that ends while its long answer waits for a slow client costs that answer alone', async () => {
  for (let count = 0; count < 12; count += 1) {
    const record = { thread: 'th_long', act: 'KNOW', body: { text: 'x'.repeat(100_000) } }
    const stored = await daemon.ask('/v1/records', {
      method: 'POST',
      body: JSON.stringify({ ...record, data_type: 'SCALAR' }),
    })
    expect(stored.status).toBe(201)
  }
  const ends = [
    ({ token }: Minted) =>
      daemon.ask('/v1/tokens/self/rotate', { method: 'POST', bearer: token, body: '{}' }),
    ({ token_id }: Minted) => daemon.ask(`/v1/tokens/${token_id}`, { method: 'DELETE' }),
  ]
  for (const end of ends) {
    const minted = await mint()
    const stream = await aLongAnswer(minted.token)
    const ended = await end(minted)
    expect(ended.status).toBeLessThan(300)
    // Room for a little more: the daemon reads on, finds that the bearer is gone, and waits for room again.
    const total = LIMITS.streamWindowMin + LIMITS.sendQueueBytes
    sendFrames(socket, { type: 'CREDIT', flags: [], stream, total })
    expect((await heard(stream, 'RESET')).code).toBe('BODY_FAILED')
    await expectItServes()
  }
})

test.for([
  ['a line break', 'a\r\nb'],
  ['a character beyond bytes', '€'],
  ['a zero', 'a\0b'],
  ['nothing', ''],
  ['a list', ['a']],
])(
  'a request id of %s costs its stream alone, with a good target and with a bad one',
  async ([_name, id]) => {
    for (const target of ['/health', '//', '/v1/records?limit=x']) {
      const stream = open({ target, request_id: id })
      expect((await heard(stream, 'RESET')).code).toBe('PROTOCOL_ERROR')
    }
    await expectItServes()
  },
)

test('the daemon says in its log that it has started, and nothing of a fault', () => {
  expect(daemon.log().some(({ msg }) => msg === 'daemon started')).toBe(true)
  expect(daemon.log().filter(({ level }) => Number(level) >= 50)).toEqual([])
})
