import { connect } from 'node:net'

/**
 * What the gateway answers to these bytes, written as Latin-1, one byte a character. Ends when the
 * gateway closes, which `Connection: close` asks for.
 */
export function sendBytes(port: number, bytes: string, limitMs = 10_000): Promise<string> {
  return new Promise((resolve, reject) => {
    let answer = ''
    const socket = connect(port, '127.0.0.1', () => socket.write(Buffer.from(bytes, 'latin1')))
    const timer = setTimeout(() => {
      socket.destroy(new Error(`no end after ${limitMs} ms: ${answer.slice(0, 200)}`))
    }, limitMs)
    socket.setEncoding('latin1')
    socket.on('data', (text: string) => (answer += text))
    socket.on('error', reject)
    socket.on('close', () => {
      clearTimeout(timer)
      resolve(answer)
    })
  })
}
