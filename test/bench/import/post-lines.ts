import { request } from 'node:http'
import type { Stage } from '../stage.ts'

/**
 * A bulk append at home. Resolves with the milliseconds from the first byte sent to the summary. Throws if not all lines are
 * accepted.
 */
export async function postLines(
  { directUrl, bearer }: Pick<Stage, 'directUrl' | 'bearer'>,
  lines: Buffer,
  count: number,
): Promise<number> {
  const startedAt = performance.now()
  const last = await new Promise<string>((resolve, reject) => {
    const headers = { authorization: `Bearer ${bearer}`, 'content-type': 'application/x-ndjson' }
    const sending = request(`${directUrl}/v1/records`, { method: 'POST', headers }, (answer) => {
      let tail = ''
      answer.setEncoding('utf8')
      answer.on('data', (text: string) => (tail = (tail + text).slice(-400)))
      answer.on('end', () => resolve(tail.trim().split('\n').at(-1) ?? ''))
      answer.on('error', reject)
    })
    sending.on('error', reject)
    sending.end(lines)
  })
  const ms = performance.now() - startedAt
  const { accepted } = JSON.parse(last) as { readonly accepted?: number }
  if (accepted !== count) throw new Error(`import records: ${last}`)
  return ms
}
