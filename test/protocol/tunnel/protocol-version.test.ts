import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { expect, it } from 'vitest'
import { decodeEdgePolicy, type EdgePolicy } from '../../../protocol/tunnel/edge-policy.ts'
import { FRAME_RATES } from '../../../protocol/multiplexer/frame-rates.ts'
import { FLAG, FRAME, FRAME_HEADER_BYTES } from '../../../protocol/tunnel/frame.ts'
import {
  decodeRequestHead,
  decodeResponseHead,
  encodeHead,
} from '../../../protocol/tunnel/heads.ts'
import { decodeHello, encodeHello } from '../../../protocol/tunnel/hello.ts'
import { LIMITS } from '../../../protocol/limits.ts'
import { RESET } from '../../../protocol/tunnel/reset-code.ts'
import { SCOPES } from '../../../protocol/identity/scopes.ts'
import { PROTOCOL_VERSION, SUBPROTOCOL, TUNNEL_PATH } from '../../../protocol/tunnel/version.ts'
import { OPCODE, RECORD_HEADER_BYTES } from '../../../protocol/tunnel/websocket-record.ts'
import { requestHead } from '../../support/wire/mux-end.ts'
import { hex, writeWire, type FrameText } from '../../support/wire/wire-text.ts'
import { readPages, section } from '../pages/read-pages.ts'

/** The hash of the wire as `PROTOCOL_VERSION` in version.ts speaks it. */
const PINNED = {
  version: 4,
  wire: '0c8e396c302d8fa45ed31e4dedf9a0443a07a74ff8167e2cf0c845496e48ef41',
}

const POLICY: EdgePolicy = {
  version: 1,
  time: 6,
  origins: ['o'],
  tokens: { ['0a'.repeat(32)]: { scopes: 1, expires: 2 } },
  limits: { token_per_second: 3, token_burst: 4, body_bytes: 5 },
}

/** One of each, so that a change of the layout shows. */
const frames: readonly FrameText[] = [
  { type: 'HELLO', flags: [], stream: 0, json: { version: 0, agent: 'a', generation: 1 } },
  { type: 'OPEN', flags: ['END'], stream: 1, window: 2, json: requestHead('/') },
  { type: 'HEAD', flags: ['END'], stream: 1, json: { status: 200, headers: [] }, body: '0a' },
  { type: 'DATA', flags: ['END'], stream: 1, body: '0b' },
  { type: 'RESET', flags: ['ACK'], stream: 1, code: 'CANCEL' },
  { type: 'CREDIT', flags: [], stream: 1, total: 2 ** 33 },
  { type: 'PING', flags: ['ACK'], stream: 0, id: 7 },
  { type: 'GO_AWAY', flags: [], stream: 0, last_stream: 1, code: 'GOING_AWAY', reason: 'r' },
  { type: 'POLICY', flags: [], stream: 0, json: POLICY },
  { type: 'POLICY_ACK', flags: [], stream: 0, version: 2 ** 33 },
  { type: 'JOIN', flags: [], stream: 1, group: 2, member: 3 },
  { type: 'GROUP', flags: ['END'], stream: 0, group: 2, body: '0a' },
  { type: 'LEAVE', flags: [], stream: 0, group: 2, member: 3, body: '0a' },
  { type: 'RIVAL', flags: [], stream: 0 },
]

function wire(): unknown {
  const request = {
    ...requestHead('/'),
    client: '192.0.2.7',
    upgrade: 'websocket' as const,
    join: true as const,
  }
  const hello = { version: PROTOCOL_VERSION, agent: 'a', generation: 1, process: 'p', open: [0] }
  const {
    messageBytes,
    dataBytes,
    inlineBodyBytes,
    headBytes,
    headerFields,
    concurrentStreams,
    streamWindowMin,
    streamWindowMax,
    connectionWindow,
    helloBytes,
    goAwayReasonBytes,
    policyBytes,
    farewellBytes,
  } = LIMITS
  return {
    subprotocol: SUBPROTOCOL,
    path: TUNNEL_PATH,
    header: FRAME_HEADER_BYTES,
    frames: FRAME,
    flags: FLAG,
    resets: RESET,
    layout: hex(writeWire(frames)),
    hello: Object.keys(decodeHello(encodeHello(hello)) ?? {}),
    request: Object.keys(decodeRequestHead(encodeHead(request))),
    answer: Object.keys(decodeResponseHead(encodeHead({ status: 200, headers: [] }))),
    policy: decodeEdgePolicy(new TextEncoder().encode(JSON.stringify(POLICY))),
    scopes: SCOPES,
    records: { OPCODE, RECORD_HEADER_BYTES },
    // What one side enforces and the other must know.
    limits: {
      messageBytes,
      dataBytes,
      inlineBodyBytes,
      headBytes,
      headerFields,
      concurrentStreams,
      streamWindowMin,
      streamWindowMax,
      connectionWindow,
      helloBytes,
      goAwayReasonBytes,
      policyBytes,
      farewellBytes,
    },
  }
}

const TO_DO = `The wire has changed. If a peer of the released version would notice: bump PROTOCOL_VERSION in
protocol/tunnel/version.ts, say there in a line what changed, and describe it in protocol/tunnel/README.md; then pin
the new version and hash here. If it was not meant to change: undo it.`

it('the wire does not change without its version', () => {
  const now = createHash('sha256').update(JSON.stringify(wire())).digest('hex')
  const same = PROTOCOL_VERSION === PINNED.version && now === PINNED.wire
  expect(same ? 'as pinned' : `${TO_DO}\nversion ${PROTOCOL_VERSION}, wire ${now}`).toBe(
    'as pinned',
  )
})

it('the subprotocol carries the version', () => {
  expect(SUBPROTOCOL).toBe(`spl-tunnel.${PROTOCOL_VERSION}`)
})

/** Every README.md of protocol/ and its tables.md. */
const readme = readPages()

/** `| name | value | …` rows of a section whose first cell is code. */
function table(heading: string): Map<string, string> {
  const rows = section(readme, heading).matchAll(/^\| `([^`]+)` \| ([^|]+) \|/gm)
  return new Map([...rows].map(([, name, value]) => [name ?? '', (value ?? '').trim()]))
}

function numbers(names: Readonly<Record<string, number>>): Map<string, string> {
  return new Map(Object.entries(names).map(([name, number]) => [name, String(number)]))
}

it('README.md lists every limit, with its number', () => {
  const written = [...table('Limits')].map(([name, value]) => [
    name,
    Number(value.replaceAll(' ', '')),
  ])
  expect(Object.fromEntries(written)).toEqual(LIMITS)
})

it('README.md lists how many frames of each kind one may send', () => {
  const rows = readme.matchAll(/^\| `([A-Z_]+)` \| ([\d ]+) \|$/gm)
  const written = [...rows].map(([, name, value]) => [name, Number(value?.replaceAll(' ', ''))])
  expect(Object.fromEntries(written)).toEqual(FRAME_RATES)
})

it('README.md lists every frame and every reset code, with its number', () => {
  expect(table('Frames')).toEqual(numbers(FRAME))
  expect(table('Reset codes')).toEqual(numbers(RESET))
})

it('README.md shows messages as they are on the wire', () => {
  const vectors = readFileSync(
    new URL('../../../protocol/vectors/frames.json', import.meta.url),
    'utf8',
  )
  const wires = new Set([...vectors.matchAll(/"hex": "([0-9a-f]*)"/g)].map(([, text]) => text))
  const shown = [...readme.matchAll(/```hex\n([0-9a-f\s]+?)```/g)].map(([, text]) =>
    (text ?? '').replaceAll(/\s/g, ''),
  )
  expect(shown.length).toBeGreaterThanOrEqual(8)
  expect(shown.filter((text) => !wires.has(text))).toEqual([])
})
