import { execFile } from 'node:child_process'
import { readFileSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { readRunningFile } from '../../../local-daemon/cli/client/running-file.ts'
import { homeAt } from '../../../local-daemon/home/home.ts'
import { startGateway, type Gateway } from '../../../local-daemon/gateway/start-gateway.ts'
import {
  aHomeWithIdentity,
  type HomeWithIdentity,
} from '../../support/daemon/a-home-with-identity.ts'
import { CloudflareStandIn } from '../../support/gateway/cloudflare-stand-in.ts'
import { MAIN, runSpl } from '../../support/cli/run-spl.ts'

const run = promisify(execFile)
const CONNECT = new URL('../../../local-daemon/cli/gateway/connect-home.ts', import.meta.url)
const HOME = new URL('../../../local-daemon/home/home.ts', import.meta.url)

let home: HomeWithIdentity
let gateway: Gateway

beforeEach(async () => {
  home = aHomeWithIdentity()
  gateway = await startGateway({
    ownerDid: home.ownerDid,
    directory: home.paths.gateway,
    tls: 'self-signed',
  })
})

afterEach(async () => {
  await runSpl(['serve', '--stop'], { home: home.path })
  await gateway.stop()
  home[Symbol.dispose]()
})

/** `connectHome` as the command line calls it: a background daemon starts from the command line's own file. */
async function connect(url: string, withinMs: number): Promise<string> {
  const script = join(home.path, 'connect.mjs')
  const [file, root, ca] = [MAIN, home.path, gateway.cacert].map((text) => JSON.stringify(text))
  writeFileSync(
    script,
    `process.argv[1] = ${file}
    const { connectHome } = await import(${JSON.stringify(CONNECT.href)})
    const { homeAt } = await import(${JSON.stringify(HOME.href)})
    const done = connectHome(homeAt(${root}), ${JSON.stringify(url)}, ${withinMs}, ${ca})
    console.log(await done.catch((error) => error.code + ' ' + error.exitCode))`,
  )
  const { stdout } = await run(process.execPath, [script])
  return stdout.trim()
}

function startDaemon(...args: string[]): ReturnType<typeof runSpl> {
  return runSpl(['serve', '--daemon', '--port', '0', ...args], { home: home.path })
}

describe('connecting the daemon after a deploy', { timeout: 90_000 }, () => {
  test('starts it again as it was, with the gateway, and proves the way', async () => {
    await startDaemon('--insecure-localhost')
    const before = readRunningFile(homeAt(home.path))
    expect(await connect(gateway.url, 30_000)).toBe(gateway.url)
    const after = readRunningFile(homeAt(home.path))
    expect(after).toMatchObject({
      address: before?.address,
      insecure_localhost: true,
      gateway: gateway.url,
    })
    expect(after?.pid).not.toBe(before?.pid)
  })

  test('says so when the hostname does not lead to it', async () => {
    await startDaemon()
    expect(await connect('https://localhost:1', 1_500)).toBe('GATEWAY_UNREACHABLE 3')
  })

  test('starts no daemon where none runs', async () => {
    expect(await connect(gateway.url, 1_500)).toBe('DAEMON_NOT_RUNNING 3')
    expect(readRunningFile(homeAt(home.path))).toBeUndefined()
  })
})

test('removing the gateway lets the daemon go on without one', { timeout: 90_000 }, async () => {
  await using cloudflare = await CloudflareStandIn.start()
  const env = cloudflare.environment(home.path)
  const project = join(home.path, 'project')
  await runSpl(['gateway', 'init', project], { home: home.path, env })
  const modules = fileURLToPath(new URL('../../../node_modules', import.meta.url))
  symlinkSync(modules, join(project, 'node_modules'))
  const noteFile = join(project, '.spl-gateway.json')
  const note = JSON.parse(readFileSync(noteFile, 'utf8'))
  writeFileSync(noteFile, JSON.stringify({ ...note, hostnames: [gateway.url] }))
  cloudflare.place('spl-gateway', [
    { name: 'TUNNEL', type: 'durable_object_namespace', class_name: 'TunnelObject' },
    { name: 'OWNER_DID', type: 'plain_text', text: home.ownerDid },
  ])
  await startDaemon('--gateway', gateway.url, '--gateway-ca', gateway.cacert ?? '')
  const removed = await runSpl(['gateway', 'remove', project, '--yes'], { home: home.path, env })
  expect(removed.stdout).toBe('removed spl-gateway, and the daemon runs without a gateway\n')
  expect(readRunningFile(homeAt(home.path))?.gateway).toBeNull()
})
