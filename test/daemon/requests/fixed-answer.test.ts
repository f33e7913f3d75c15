import { describe, expect, it } from 'vitest'
import { FixedAnswer } from '../../../local-daemon/requests/fixed-answer.ts'

const FIELDS = { 'content-type': 'application/json', 'x-request-id': 'the-id' }
const TEXT = '{"name":"Ärger"}'

describe('an answer whose text is known', () => {
  const answer = () => new FixedAnswer(404, FIELDS, TEXT)

  it('is a Response with the same status, headers and length', () => {
    const one = answer()
    expect(one).toBeInstanceOf(Response)
    expect([one.status, one.ok, one.bodyUsed]).toEqual([404, false, false])
    expect(Object.fromEntries(one.headers)).toEqual({ ...FIELDS, 'content-length': '17' })
    expect(one.fields).toEqual({ ...FIELDS, 'content-length': '17' })
  })

  it.each([
    ['text', (one: Response) => one.text(), TEXT],
    ['json', (one: Response) => one.json(), { name: 'Ärger' }],
    ['bytes', (one: Response) => one.bytes(), new TextEncoder().encode(TEXT)],
    ['arrayBuffer', (one: Response) => one.arrayBuffer(), new TextEncoder().encode(TEXT).buffer],
    ['blob', async (one: Response) => (await one.blob()).text(), TEXT],
    ['clone', (one: Response) => one.clone().text(), TEXT],
    ['body', (one: Response) => new Response(one.body).text(), TEXT],
  ])('is read by %s, and only once', async (_name, read, expected) => {
    const one = answer()
    expect(await read(one)).toEqual(expected)
    if (_name !== 'clone') await expect(one.text()).rejects.toThrow(TypeError)
    expect(one.bodyUsed).toBe(_name !== 'clone')
  })

  it('makes another Response, as Hono does for HEAD', async () => {
    const head = new Response(null, answer())
    expect([head.status, head.headers.get('content-length')]).toEqual([404, '17'])
    expect(await head.text()).toBe('')
  })
})
