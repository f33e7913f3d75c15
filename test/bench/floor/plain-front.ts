import { connect, createServer, type AddressInfo, type Socket } from 'node:net'
import { freeBytes } from '../../../local-daemon/gateway/front/free-bytes.ts'

/** The least that a process before workerd can be: it dials, and passes bytes both ways. */
const port = Number(process.argv[2])
const server = createServer((client) => {
  const workerd = connect(port, '127.0.0.1')
  pass(client, workerd)
  pass(workerd, client)
})
server.listen(0, '127.0.0.1', () => {
  process.send?.({ url: `http://127.0.0.1:${(server.address() as AddressInfo).port}` })
})
process.once('disconnect', () => process.exit(0))

function pass(from: Socket, to: Socket): void {
  from.on('data', (bytes: Buffer) => {
    if (to.write(bytes)) freeBytes(bytes, to)
    else from.pause()
  })
  to.on('drain', () => from.resume())
  from.on('close', () => to.destroy())
  from.on('error', () => to.destroy())
}
