import { describe, expect, it, vi } from 'vitest'
import { FixedAnswer } from '../../../local-daemon/requests/fixed-answer.ts'
import { aDaemon, aDraft } from '../../support/daemon/a-daemon.ts'

/** How often headers, or the body as a stream, were made for an answer while `work` ran. */
async function objectsMade(work: () => Promise<unknown>): Promise<number> {
  const spies = [
    vi.spyOn(FixedAnswer.prototype, 'body', 'get'),
    vi.spyOn(FixedAnswer.prototype, 'headers', 'get'),
  ]
  try {
    await work()
    return spies.reduce((sum, spy) => sum + spy.mock.calls.length, 0)
  } finally {
    for (const spy of spies) spy.mockRestore()
  }
}

describe('an answer whose text is there', () => {
  it.each([
    ['a record that is appended', 201, '/v1/records', aDraft()],
    ['a record that is refused', 400, '/v1/records', { thread: 'no thread' }],
  ])('is written as it is, not read back from a stream: %s', async (_what, status, path, body) => {
    await using at = await aDaemon()
    let answered = 0
    const made = await objectsMade(async () => {
      const answer = await at.post(path, body)
      answered = answer.status
      const text = await answer.text()
      expect(answer.headers.get('content-length')).toBe(String(Buffer.byteLength(text)))
      expect(JSON.parse(text)).toMatchObject({ object: status === 201 ? 'record' : 'error' })
    })
    expect(answered).toBe(status)
    expect(made).toBe(0)
  })
})
