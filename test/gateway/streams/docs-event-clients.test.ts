import { readFileSync } from 'node:fs'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { EventSource } from 'eventsource'
import { aDaemon, aDraft, type TestDaemon } from '../../support/daemon/a-daemon.ts'
import { until } from '../../support/until.ts'
import { fetchEventSource } from './event-clients.ts'

let at: TestDaemon
beforeAll(async () => {
  at = await aDaemon()
})
afterAll(() => at[Symbol.asyncDispose]())

/** An example of docs/event-clients.md, as it stands there. */
function example(heading: string): string {
  const page = readFileSync(new URL('../../../docs/event-clients.md', import.meta.url), 'utf8')
  const part = page.slice(page.indexOf(`## \`${heading}\``))
  return /```js\n(.*?)```/s.exec(part)?.[1] ?? ''
}

type Example = (given: Readonly<Record<string, unknown>>) => Promise<unknown>
const AsyncFunction = (async () => {}).constructor as new (name: string, body: string) => Example

/** Runs an example for a thread; what it hands on goes to `seen`. */
function running(heading: string, thread: string, seen: string[], more = '', given = {}) {
  const names = 'fetchEventSource, EventSource, url, bearer, thread, onRecord'
  const run = new AsyncFunction('given', `const { ${names} } = given\n${example(heading)}${more}`)
  return run({
    fetchEventSource,
    EventSource,
    url: at.base,
    bearer: at.bearer,
    thread,
    onRecord: ({ id }: { readonly id: string }) => seen.push(id),
    ...given,
  })
}

test.for([
  ['@microsoft/fetch-event-source', ''],
  ['eventsource', '\nreturn source'],
] as const)('the example for %s hands on the records of a thread', async ([heading, more]) => {
  const thread = `th_${heading.replaceAll(/\W/g, '')}`
  const ids = [(await at.daemon.store.append(aDraft({ thread }))).record.id]
  const seen: string[] = []
  const started = running(heading, thread, seen, more)
  started.catch(() => {})
  await until('the first has come', () => seen.length === 1)
  ids.push((await at.daemon.store.append(aDraft({ thread }))).record.id)
  await until('the next has come', () => seen.length === 2)
  expect(seen).toEqual(ids)
  if (more !== '') ((await started) as EventSource).close()
})

test('the example for @microsoft/fetch-event-source stops once its bearer is revoked', async () => {
  const token = await at.tokenWith('records:read')
  const all = (await (await at.get('/v1/tokens')).json()) as {
    readonly data: readonly { readonly token_id: string; readonly scopes: readonly string[] }[]
  }
  const token_id = all.data.find(({ scopes }) => scopes.join() === 'records:read')?.token_id
  const thread = 'th_revoked'
  await at.daemon.store.append(aDraft({ thread }))
  const seen: string[] = []
  const started = running('@microsoft/fetch-event-source', thread, seen, '', { bearer: token })
  started.catch(() => {})
  await until('the first has come', () => seen.length === 1)
  await fetch(`${at.base}/v1/tokens/${token_id}`, {
    method: 'DELETE',
    headers: { authorization: `Bearer ${at.bearer}` },
  })
  await expect(started).rejects.toThrow('AUTH_REVOKED')
})

test.for([
  ['a bearer that is not valid', { bearer: 'spl_x' }, 'AUTH_INVALID'],
  ['a thread that is none', { thread: 'x'.repeat(10_000) }, 'INVALID_REQUEST'],
] as const)(
  'the example for @microsoft/fetch-event-source stops at %s',
  async ([, given, code]) => {
    const started = running('@microsoft/fetch-event-source', 'th_x', [], '', given)
    await expect(started).rejects.toThrow(code)
  },
)
