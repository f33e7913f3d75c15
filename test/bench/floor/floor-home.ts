import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { WebSocket } from 'ws'
import { PlainAppends } from './plain-appends.ts'
import { bodyOf, frame, numberOf } from './relay-frames.ts'

/** The home of the smallest relay, in a process of its own: appends on loopback, and whatever comes over the relay's WebSocket. */
const [file, relay] = process.argv.slice(2) as [string, string]
const appends = new PlainAppends(file)
/** As large as a record of the bench with its signature. */
const answer = Buffer.from(JSON.stringify({ id: 'x'.repeat(64), record: 'y'.repeat(450) }))

const server = createServer((request, response) => {
  const parts: Buffer[] = []
  request.on('data', (part: Buffer) => parts.push(part))
  request.on('end', () => append(Buffer.concat(parts), () => response.writeHead(201).end(answer)))
})
server.listen(0, '127.0.0.1')
await once(server, 'listening')

const socket = new WebSocket(relay.replace('http', 'ws'), { perMessageDeflate: false })
socket.binaryType = 'arraybuffer'
socket.on('message', (message: ArrayBuffer) => {
  const reply = () => socket.send(frame(numberOf(message), answer))
  const body = bodyOf(message)
  if (body.length === 0) reply()
  else append(Buffer.from(body), reply)
})
await once(socket, 'open')
process.send?.({ url: `http://127.0.0.1:${(server.address() as AddressInfo).port}` })
process.once('disconnect', () => {
  appends.close()
  process.exit(0)
})

function append(json: Buffer, done: () => void): void {
  appends.append(JSON.stringify(JSON.parse(json.toString())), done)
}
