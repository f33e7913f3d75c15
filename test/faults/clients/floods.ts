import { request } from 'node:https'
import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { sendBytes } from '../../support/clients/raw-http.ts'
import { until } from '../../support/until.ts'
import type { Outcome } from '../outcome.ts'
import type { Violation } from '../violation.ts'

/** Time for what must happen at once, on a machine that has other work, milliseconds. */
const SOON_MS = 5_000

/**
 * Connections that say nothing. A front that is full makes room by closing the oldest of them, and whoever asks for
 * something is answered meanwhile.
 * @param bound connections that the front may hold
 */
export async function floodIdle(
  port: number,
  count: number,
  bound: number,
  soonMs = SOON_MS,
): Promise<Outcome> {
  const violations: Violation[] = []
  const flood = await connections(port, count)
  try {
    if (!(await answered(port))) {
      const text = `nobody is answered beside ${count} idle connections`
      violations.push({ check: 'front', kind: 'stuck', text })
    }
    const fits = () => flood.open() <= bound
    await until('the front has shed', fits, soonMs).catch(() => {
      const text = `${flood.open()} of ${count} idle connections are held, more than ${bound}`
      violations.push({ check: 'front', kind: 'unbounded', text })
    })
    return { effect: `${count - flood.open()} of ${count} idle connections shed`, violations }
  } finally {
    flood.destroy()
  }
}

/** The first bytes of a ClientHello, whose rest never comes. */
const HALF_HELLO = Buffer.from('1603010200010001fc0303', 'hex')

/**
 * TLS handshakes that are begun and left. The front gives each of them up by itself, in the time that a handshake may
 * take, and does others meanwhile.
 * @param handshakeMs what a handshake may take there
 */
export async function floodHandshakes(
  port: number,
  count: number,
  handshakeMs: number,
  soonMs = SOON_MS,
): Promise<Outcome> {
  const violations: Violation[] = []
  const flood = await connections(port, count, HALF_HELLO)
  try {
    if (!(await answeredSecurely(port))) {
      const text = `no handshake is done beside ${count} that were left`
      violations.push({ check: 'front', kind: 'stuck', text })
    }
    const released = () => flood.open() === 0
    await until('the handshakes are given up', released, handshakeMs + soonMs).catch(() => {
      const text = `${flood.open()} of ${count} handshakes are waited for after ${handshakeMs} ms`
      violations.push({ check: 'front', kind: 'unreleased', text })
    })
    return { effect: `${count} handshakes left, and given up`, violations }
  } finally {
    flood.destroy()
  }
}

async function connections(port: number, count: number, bytes?: Buffer) {
  const sockets: Socket[] = []
  for (let n = 0; n < count; n += 1) {
    const socket = connect(port, '127.0.0.1')
    socket.on('error', () => {})
    socket.resume()
    if (bytes !== undefined) socket.write(bytes)
    sockets.push(socket)
  }
  await Promise.all(
    sockets.map((socket) =>
      Promise.race([once(socket, 'connect'), once(socket, 'close')]).catch(() => {}),
    ),
  )
  return {
    open: () => sockets.filter(({ closed, readableEnded }) => !closed && !readableEnded).length,
    destroy() {
      for (const socket of sockets) socket.destroy()
    },
  }
}

/** Whether anything is answered: an outage of what is behind the front is an answer too. */
async function answered(port: number): Promise<boolean> {
  const asked = `GET /health HTTP/1.1\r\nhost: localhost:${port}\r\nconnection: close\r\n\r\n`
  for (const deadline = performance.now() + 4 * SOON_MS; performance.now() < deadline;) {
    const answer = await sendBytes(port, asked, 2 * SOON_MS).catch(() => '')
    if (answer.startsWith('HTTP/1.1 ')) return true
    await sleep(20)
  }
  return false
}

async function answeredSecurely(port: number): Promise<boolean> {
  const once1 = () =>
    new Promise<boolean>((resolve) => {
      const asked = request({
        host: '127.0.0.1',
        port,
        path: '/health',
        headers: { host: `localhost:${port}` },
        agent: false,
        rejectUnauthorized: false,
        timeout: 2 * SOON_MS,
      })
      asked.on('response', (answer) => {
        answer.resume()
        resolve(true)
      })
      asked.on('error', () => resolve(false))
      asked.on('timeout', () => asked.destroy(new Error('no answer in time')))
      asked.end()
    })
  for (const deadline = performance.now() + 4 * SOON_MS; performance.now() < deadline;) {
    if (await once1()) return true
    await sleep(20)
  }
  return false
}
