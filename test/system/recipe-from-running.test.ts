import { afterEach, beforeEach, expect, test } from 'vitest'
import { runningConfiguration } from '../../local-daemon/cli/expose/recipe/from-running-daemon.ts'
import { homeAt } from '../../local-daemon/home/home.ts'
import { aHome } from '../support/daemon/a-daemon.ts'
import { runSpl } from '../support/cli/run-spl.ts'

let home: ReturnType<typeof aHome>
beforeEach(() => {
  home = aHome()
})
afterEach(async () => {
  await spl('serve', '--stop')
  home[Symbol.dispose]()
})
const spl = (...args: string[]) => runSpl(args, { home: home.path })

test('reads address and settings of the daemon that runs', async () => {
  const { stdout } = await spl('serve', '--daemon', '--port', '0', '--json')
  const ready = JSON.parse(stdout) as { address: string; instance_did: string }
  const expected = { address: ready.address, instanceDid: ready.instance_did, gateway: undefined }
  const before = await runningConfiguration(homeAt(home.path))
  expect(before).toMatchObject({ ...expected, hostname: undefined })
  expect(before.settings).toMatchObject({ auth_required: true, allowed_hosts: [] })
  await spl('config', 'set', 'allowed_hosts', 'spl.example.com')
  const after = await runningConfiguration(homeAt(home.path))
  expect(after.hostname).toBe('spl.example.com')
  await spl('config', 'set', 'allowed_hosts', 'spl.example.com,two.example.com')
  expect((await runningConfiguration(homeAt(home.path))).hostname).toBeUndefined()
})

test('says so where no daemon runs', async () => {
  await expect(runningConfiguration(homeAt(home.path))).rejects.toMatchObject({
    code: 'DAEMON_NOT_RUNNING',
    try: 'spl serve --daemon',
  })
})
