import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { WebSocket } from 'ws'
import { PlainAppends } from './plain-appends.ts'
import { BulkSource } from './bulk-source.ts'
import { bodyOf, frame, numberOf } from './relay-frames.ts'

/** The home of the smallest relay, in a process of its own: appends on loopback, and whatever comes over the relay's WebSocket. */
const [file, relay] = process.argv.slice(2) as [string, string]
const appends = new PlainAppends(file)
/** As large as a record of the bench with its signature. */
const answer = Buffer.from(JSON.stringify({ id: 'x'.repeat(64), record: 'y'.repeat(450) }))
const kib = new Uint8Array(1024)

const server = createServer((request, response) => {
  const parts: Buffer[] = []
  request.on('data', (part: Buffer) => parts.push(part))
  request.on('end', () => append(Buffer.concat(parts), () => response.writeHead(201).end(answer)))
})
server.listen(0, '127.0.0.1')
await once(server, 'listening')

const socket = new WebSocket(relay.replace('http', 'ws'), {
  perMessageDeflate: false,
  // As the daemon does on loopback: a mask of zeros is no mask.
  generateMask: () => {},
})
socket.binaryType = 'arraybuffer'
let bulk: BulkSource | undefined
socket.on('message', (message: ArrayBuffer | Buffer, isBinary: boolean) => {
  if (message instanceof ArrayBuffer && isBinary) relayed(message)
  else said(String(message))
})
await once(socket, 'open')
process.send?.({ url: `http://127.0.0.1:${(server.address() as AddressInfo).port}` })
process.once('disconnect', () => {
  appends.close()
  process.exit(0)
})

function relayed(message: ArrayBuffer): void {
  const reply = () => socket.send(frame(numberOf(message), answer))
  const body = bodyOf(message)
  if (body.length === 0) reply()
  else append(Buffer.from(body), reply)
}

/** Of the parts with bulk bodies: `more`, `small NUMBER`, `bulk NUMBER BYTES PIECE AHEAD`. */
function said(text: string): void {
  const [what, ...values] = text.split(' ')
  const [number = 0, bytes = 0, piece = 0, ahead = 0] = values.map(Number)
  if (what === 'more') bulk?.more()
  else if (what === 'small') socket.send(frame(number, kib))
  else bulk = new BulkSource(socket, number, bytes, piece, ahead)
}

function append(json: Buffer, done: () => void): void {
  appends.append(JSON.stringify(JSON.parse(json.toString())), done)
}
