import type { RequestHead } from '../../../protocol/tunnel/heads.ts'
import type { MuxEnd } from '../../support/wire/mux-end.ts'
import { requestHead } from '../../support/wire/mux-end.ts'
import type { RealApp } from './inject-real-app.ts'
import type { Random } from '../../support/random.ts'

/** The gateway's end of the harness, as far as streams of the real app need it. */
export interface RealGateway {
  open(head: RequestHead, whole: boolean): number
  seen(stream: number): ReturnType<MuxEnd['seen']>
  body(stream: number): Uint8Array
  /** Its client takes nothing, until it reads again. */
  holdBack(stream: number): void
  readOn(stream: number): void
  write(stream: number, bytes: Uint8Array, last: boolean): void
  /** The client of this stream has become a member of a group; and has been sent away. */
  joined(stream: number): boolean
  left(stream: number): boolean
}

interface Parts {
  readonly real: RealApp
  readonly gateway: RealGateway
  readonly random: Random
  readonly violations: string[]
  readonly injected: string[]
  /** False: it did not become so in time. */
  readonly until: (condition: () => boolean, limitMs?: number) => Promise<boolean>
}

/** Where a stream is when its bearer ends. */
const STEPS = [
  'asked',
  'answering',
  'uploading',
  'uploaded',
  'waiting for news',
  'following',
  'in a group',
] as const

/** For a moment that a fault of the relay may have taken from the stream, milliseconds. */
const MOMENT_MS = 300
const LONG = '/v1/sync/changes?limit=1000'
const RECORD = JSON.stringify({ thread: 'th_full', act: 'DO', body: { x: 'x'.repeat(60_000) } })

/** A bearer that is revoked at a step of its stream's life: the stream comes to an end, and the bearer is good for nothing. */
export async function revokeAtStep(parts: Parts): Promise<readonly number[]> {
  const { real, gateway, random, violations, injected, until } = parts
  if (!(await until(real.isWell))) return []
  const step = random.pick(STEPS)
  injected.push(`bearer revoked: ${step}`)
  const { bearer, revoke } = await real.account()
  const over = (id: number) =>
    gateway.seen(id).ended || gateway.seen(id).reset !== undefined || gateway.left(id)
  const stream = begin(step, gateway, bearer, real.cursor())
  const reached = () => over(stream) || isAt(step, gateway, stream)
  await until(reached, MOMENT_MS)
  await revoke()
  if (step === 'uploading') gateway.write(stream, Buffer.from(RECORD.slice(1)), true)
  gateway.readOn(stream)
  if (!(await until(() => over(stream))))
    violations.push(`its bearer is revoked, and it neither goes on nor ends: ${step}`)
  const after = gateway.open(asked(bearer, '/v1/identity'), true)
  await until(() => over(after), MOMENT_MS)
  const { head } = gateway.seen(after)
  if (head !== undefined && 'status' in head && head.status < 400)
    violations.push(`a revoked bearer was answered with ${head.status}: ${step}`)
  return [stream, after]
}

/** A disk that is full while a record comes: it is refused, or stored; and what is there is read meanwhile. */
export async function fillAtStep(parts: Parts): Promise<readonly number[]> {
  const { real, gateway, random, violations, injected, until } = parts
  const { disk, bearer } = real
  if (disk === undefined || !(await until(real.isWell))) return []
  const step = random.pick(['asked', 'uploading', 'answering'] as const)
  injected.push(`disk full: ${step}`)
  const over = (id: number) => gateway.seen(id).ended || gateway.seen(id).reset !== undefined
  const head = asked(bearer, '/v1/records', 'POST')
  const half = Math.floor(RECORD.length / 2)
  const ids: number[] = []
  const upload = (): number => {
    const id = gateway.open(head, false)
    ids.push(id)
    gateway.write(id, Buffer.from(RECORD.slice(0, half)), false)
    return id
  }
  let stream = step === 'uploading' ? upload() : 0
  const long = gateway.open(asked(bearer, LONG), true)
  ids.push(long)
  if (step === 'answering') {
    gateway.holdBack(long)
    await until(() => gateway.seen(long).bytes > 0 || over(long), MOMENT_MS)
  }
  disk.fill()
  try {
    if (stream === 0) stream = upload()
    gateway.write(stream, Buffer.from(RECORD.slice(half)), true)
    gateway.readOn(long)
    for (const [id, what] of [
      [stream, 'an append'],
      [long, 'a list'],
    ] as const) {
      if (!(await until(() => over(id))))
        violations.push(`the disk is full, and ${what} neither goes on nor ends: ${step}`)
    }
  } finally {
    disk.free()
  }
  const { head: answer, ended } = gateway.seen(stream)
  if (answer !== undefined && 'status' in answer && answer.status < 300 && ended) {
    const { id } = JSON.parse(Buffer.from(gateway.body(stream)).toString()) as {
      readonly id: string
    }
    if (!real.isStored(id))
      violations.push(`on a full disk ${id} was acknowledged, and is not stored`)
  }
  return ids
}

function begin(
  step: (typeof STEPS)[number],
  gateway: RealGateway,
  bearer: string,
  cursor: string,
): number {
  switch (step) {
    case 'asked':
    case 'answering': {
      const stream = gateway.open(asked(bearer, LONG), true)
      gateway.holdBack(stream)
      return stream
    }
    case 'uploading':
    case 'uploaded': {
      const stream = gateway.open(asked(bearer, '/v1/records', 'POST'), false)
      const whole = step === 'uploaded'
      gateway.write(stream, Buffer.from(whole ? RECORD : RECORD.slice(0, 1)), whole)
      return stream
    }
    case 'waiting for news': {
      const path = `/v1/sync/changes?feed=longpoll&since=${cursor}`
      return gateway.open(asked(bearer, path), true)
    }
    case 'following':
      return gateway.open(asked(bearer, '/v1/sync/subscribe'), true)
    case 'in a group': {
      const head = asked(bearer, '/v1/sync/subscribe?thread=th_nobody')
      return gateway.open({ ...head, join: true }, true)
    }
  }
}

function isAt(step: (typeof STEPS)[number], gateway: RealGateway, stream: number): boolean {
  const { bytes } = gateway.seen(stream)
  switch (step) {
    case 'asked':
      return true
    case 'in a group':
      return gateway.joined(stream)
    case 'answering':
    case 'following':
      return bytes > 0
    default:
      return false
  }
}

function asked(bearer: string, target: string, method = 'GET'): RequestHead {
  const headers = [
    ['authorization', `Bearer ${bearer}`],
    ...(method === 'POST' ? [['content-type', 'application/json'] as const] : []),
  ] as const
  return { ...requestHead(target), method, headers }
}
