import { connect, type Socket } from 'node:net'
import { sendBytes } from '../../support/clients/raw-http.ts'
import { until } from '../../support/until.ts'
import type { Arena } from '../arena.ts'
import type { Outcome } from '../outcome.ts'
import { anAccount, askUntilTold } from './owner-requests.ts'
import type { Violation } from '../violation.ts'

const LIVE_MS = 45_000
/** An answer that needs nothing of the body is given at once; what a stall of the network may add is in it. */
const ANSWER_MS = 10_000

/**
 * Uploads that are begun and never finished, by a bearer that may do nothing. Each is refused while its body is still
 * to come, and the owner is answered meanwhile.
 */
export async function leaveUploads(
  arena: Arena,
  count: number,
  answerMs = ANSWER_MS,
): Promise<Outcome> {
  const { bearer } = await anAccount(arena, [])
  const { port } = arena.clientLink
  let refused = 0
  let stuck = 0
  const round = async (): Promise<boolean> => {
    const uploads = Array.from({ length: count }, () => unfinishedUpload(port, bearer, answerMs))
    const answers = Promise.all(uploads.map(({ answered }) => answered))
    await askUntilTold(arena, arena.home.bearer, { method: 'GET', path: '/v1/identity' })
    for (const answer of await answers) {
      if (answer === 'none') stuck += 1
      else if (answer.startsWith('HTTP/1.1 403')) refused += 1
    }
    for (const { socket } of uploads) socket.destroy()
    return refused > 0 || stuck > 0
  }
  await until('an upload is refused', round, LIVE_MS)
  const violations: Violation[] = []
  if (stuck > 0) {
    const text = `${stuck} uploads of a bearer without scopes were not answered`
    violations.push({ check: 'answers', kind: 'stuck', text })
  }
  return { effect: `left ${count} uploads, ${refused} were refused`, violations }
}

/** Resolves with the head of its answer; empty: it was cut; `none`: nothing came. */
function unfinishedUpload(port: number, bearer: string, answerMs: number) {
  const socket: Socket = connect(port, '127.0.0.1')
  socket.write(
    `POST /v1/records HTTP/1.1\r\nhost: localhost:${port}\r\nauthorization: Bearer ${bearer}\r\n` +
      'content-type: application/json\r\ncontent-length: 1000000\r\n\r\n{"thread":',
  )
  const answered = new Promise<string>((resolve) => {
    const late = setTimeout(() => resolve('none'), answerMs)
    const tell = (text: string) => {
      clearTimeout(late)
      resolve(text)
    }
    socket.on('error', () => tell(''))
    socket.once('close', () => tell(''))
    socket.once('data', (bytes: Buffer) => tell(bytes.toString('latin1')))
  })
  return { socket, answered }
}

/** Beginnings of a chunked body that no chunk can have (RFC 9112, section 7.1). */
export const HOSTILE_CHUNKS = [
  '-5\r\n',
  '0x5\r\nhello\r\n',
  'FFFFFFFFFFFFFFFFF\r\n',
  '5 5\r\nhello\r\n',
  `5;${'x'.repeat(4_000)}\r\nhello\r\n`,
  '5\r\nhello-there\r\n',
  '\r\n',
  'z\r\n',
] as const

/**
 * Chunked uploads whose framing is broken, each with a second request behind it that must be nothing but bytes of a
 * body: no answer says that anything was taken, and the run looks at its end that nothing is stored.
 * @param port of the gateway, or of what a test has in its place
 */
export async function sendHostileChunks(
  { port, bearer }: { readonly port: number; readonly bearer: string },
  limitMs = LIVE_MS,
): Promise<Outcome> {
  const violations: Violation[] = []
  let refused = 0
  const round = async (): Promise<boolean> => {
    const answers = await Promise.all(
      HOSTILE_CHUNKS.map((chunk, index) =>
        sendBytes(port, hostileUpload(port, bearer, chunk, index), ANSWER_MS).catch(() => ''),
      ),
    )
    for (const [index, answer] of answers.entries()) {
      if (/^HTTP\/1\.1 4\d\d/.test(answer)) refused += 1
      if (!/^HTTP\/1\.1 2\d\d/m.test(answer)) continue
      const text = `the chunk ${JSON.stringify(HOSTILE_CHUNKS[index]?.slice(0, 20))} was taken`
      violations.push({ check: 'answers', kind: 'smuggled', text })
    }
    return refused > 0 || violations.length > 0
  }
  await until('a hostile upload is refused', round, limitMs)
  return { effect: `refused ${refused} of ${HOSTILE_CHUNKS.length} chunked uploads`, violations }
}

function hostileUpload(port: number, bearer: string, chunk: string, index: number): string {
  const head =
    `POST /v1/records HTTP/1.1\r\nhost: localhost:${port}\r\n` +
    `authorization: Bearer ${bearer}\r\ncontent-type: application/json\r\n`
  const record = JSON.stringify({
    thread: 'th_chaos_1',
    act: 'DO',
    body: { key: `smuggled-${index}`, filling: 'a' },
  })
  const second = `${head}connection: close\r\ncontent-length: ${record.length}\r\n\r\n${record}`
  return `${head}transfer-encoding: chunked\r\n\r\n${chunk}${second}`
}
