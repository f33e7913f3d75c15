import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { text } from 'node:stream/consumers'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Readable } from 'node:stream'
import { expect, test } from 'vitest'

/** A stop that never ends, so that only a second signal can. */
const SCRIPT = `
  const { untilSignal } = await import(${JSON.stringify(
    new URL('../../../../local-daemon/cli/signals/until-signal.ts', import.meta.url).href,
  )})
  const signalled = untilSignal()
  setInterval(() => {}, 1000)
  console.log('waiting')
  console.log(await signalled)
`

test('one Ctrl-C counts once although npm passes it on, a later second one exits at once', async () => {
  const child = spawn(process.execPath, ['--input-type=module', '-e', SCRIPT])
  const closed = once(child, 'close') as Promise<[number | null]>
  const output = child.stdout as Readable
  await once(output, 'data')
  child.kill('SIGINT')
  expect(String((await once(output, 'data'))[0])).toBe('SIGINT\n')
  child.kill('SIGINT')
  await sleep(700)
  expect(child.exitCode).toBeNull()
  expect(child.signalCode).toBeNull()
  child.kill('SIGINT')
  expect((await closed)[0]).toBe(130)
})

test.for([
  ['a connection that somebody forgot', 'async () => {}', 0, 'something is still open'],
  ['a stop that never ends', '() => new Promise(() => {})', 1, 'no clean stop'],
] as const)(
  '%s does not keep a process that was told to stop',
  async ([_name, stop, code, said]) => {
    const file = new URL('../../../../local-daemon/cli/signals/stop-for-sure.ts', import.meta.url)
      .href
    const script = `
    const { stopForSure } = await import(${JSON.stringify(file)})
    setInterval(() => {}, 1000)
    await stopForSure(${stop}, { stopMs: 300, lingerMs: 100 })
  `
    const child = spawn(process.execPath, ['--input-type=module', '-e', script])
    const [errors, ended] = await Promise.all([text(child.stderr), once(child, 'close')])
    expect(ended[0]).toBe(code)
    expect(errors).toContain(said)
    expect(errors).toContain('Timeout')
  },
)
