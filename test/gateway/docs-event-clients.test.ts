import { readFileSync } from 'node:fs'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { EventSource } from 'eventsource'
import { aDaemon, aDraft, type TestDaemon } from '../daemon/a-daemon.ts'
import { until } from './until.ts'
import { fetchEventSource } from './event-clients.ts'

let at: TestDaemon
beforeAll(async () => {
  at = await aDaemon()
})
afterAll(() => at[Symbol.asyncDispose]())

/** An example of docs/event-clients.md, as it stands there. */
function example(heading: string): string {
  const page = readFileSync(new URL('../../docs/event-clients.md', import.meta.url), 'utf8')
  const part = page.slice(page.indexOf(`## \`${heading}\``))
  return /```js\n(.*?)```/s.exec(part)?.[1] ?? ''
}

type Example = (given: Readonly<Record<string, unknown>>) => Promise<unknown>
const AsyncFunction = (async () => {}).constructor as new (name: string, body: string) => Example

test.for([
  ['@microsoft/fetch-event-source', ''],
  ['eventsource', '\nreturn source'],
] as const)('the example for %s hands on the records of a thread', async ([heading, more]) => {
  const thread = `th_${heading.replaceAll(/\W/g, '')}`
  const ids = [(await at.daemon.store.append(aDraft({ thread }))).record.id]
  const seen: string[] = []
  const names = 'fetchEventSource, EventSource, url, bearer, thread, onRecord'
  const run = new AsyncFunction('given', `const { ${names} } = given\n${example(heading)}${more}`)
  const running = run({
    fetchEventSource,
    EventSource,
    url: at.base,
    bearer: at.bearer,
    thread,
    onRecord: ({ id }: { readonly id: string }) => seen.push(id),
  })
  running.catch(() => {})
  await until('the first has come', () => seen.length === 1)
  ids.push((await at.daemon.store.append(aDraft({ thread }))).record.id)
  await until('the next has come', () => seen.length === 2)
  expect(seen).toEqual(ids)
  if (more !== '') ((await running) as EventSource).close()
})
