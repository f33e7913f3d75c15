import { Agent, request } from 'node:http'

/*
 * One writer that waits for each answer, in a process of its own, so that it waits for nothing but the daemon: writes from
 * `start` to `stop`, then tells how long each append took, in milliseconds.
 */

const [url = '', bearer = ''] = process.argv.slice(2)
/** Appends before it counts. */
const WARM_UP = 100

const agent = new Agent({ keepAlive: true, maxSockets: 1 })
let isOver = false

process.on('message', (what: 'start' | 'stop') => {
  if (what === 'start') void write()
  else isOver = true
})
process.once('disconnect', () => process.exit(0))
// Compiled and connected, as a writer is that has been there for a while.
for (let n = 0; n < WARM_UP; n += 1) await appendOne()
process.send?.('ready')

async function write(): Promise<void> {
  isOver = false
  const times: number[] = []
  while (!isOver) {
    const startedAt = performance.now()
    await appendOne()
    times.push(performance.now() - startedAt)
  }
  process.send?.(times)
}

function appendOne(): Promise<void> {
  const body = JSON.stringify({ thread: 'th_single', act: 'DO', body: { text: 'tea' } })
  const headers = {
    authorization: `Bearer ${bearer}`,
    'content-type': 'application/json',
    'content-length': Buffer.byteLength(body),
  }
  return new Promise((resolve, reject) => {
    const sending = request(`${url}/v1/records`, { method: 'POST', headers, agent }, (answer) => {
      answer.resume()
      answer.on('end', () =>
        answer.statusCode === 201 ? resolve() : reject(new Error(`append: ${answer.statusCode}`)),
      )
    })
    sending.on('error', reject)
    sending.end(body)
  })
}
