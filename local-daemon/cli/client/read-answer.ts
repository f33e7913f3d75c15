import type { IncomingMessage } from 'node:http'

/** The answer is larger than anything that a daemon says. */
export class AnswerTooLargeError extends Error {
  override readonly name = 'AnswerTooLargeError'
}

/** The body of an answer as text, up to so many bytes; what is more is not read. */
export async function readAnswer(response: IncomingMessage, bytes: number): Promise<string> {
  const chunks: Buffer[] = []
  let read = 0
  for await (const chunk of response as AsyncIterable<Buffer>) {
    read += chunk.length
    if (read > bytes) throw new AnswerTooLargeError(`more than ${bytes} bytes`)
    chunks.push(chunk)
  }
  return Buffer.concat(chunks).toString()
}

/** The same, cut where it is too long: for answers of which only a short one is of use. */
export async function readBeginning(response: IncomingMessage, bytes: number): Promise<string> {
  const chunks: Buffer[] = []
  let read = 0
  for await (const chunk of response as AsyncIterable<Buffer>) {
    chunks.push(chunk)
    read += chunk.length
    if (read > bytes) break
  }
  return Buffer.concat(chunks).toString()
}
