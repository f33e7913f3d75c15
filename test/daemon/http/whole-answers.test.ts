import { describe, expect, it, vi } from 'vitest'
import { FixedAnswer } from '../../../local-daemon/requests/fixed-answer.ts'
import { aDaemon, aDraft } from '../../support/daemon/a-daemon.ts'

/** How often the body of an answer was opened as a stream while `work` ran. */
async function streamsOpened(work: () => Promise<unknown>): Promise<number> {
  const opened = vi.spyOn(FixedAnswer.prototype, 'body', 'get')
  try {
    await work()
    return opened.mock.calls.length
  } finally {
    opened.mockRestore()
  }
}

describe('an answer whose text is there', () => {
  it.each([
    ['a record that is appended', 201, '/v1/records', aDraft()],
    ['a record that is refused', 400, '/v1/records', { thread: 'no thread' }],
  ])('is written as it is, not read back from a stream: %s', async (_what, status, path, body) => {
    await using at = await aDaemon()
    let answered = 0
    const opened = await streamsOpened(async () => {
      const answer = await at.post(path, body)
      answered = answer.status
      const text = await answer.text()
      expect(answer.headers.get('content-length')).toBe(String(Buffer.byteLength(text)))
      expect(JSON.parse(text)).toMatchObject({ object: status === 201 ? 'record' : 'error' })
    })
    expect(answered).toBe(status)
    expect(opened).toBe(0)
  })
})
