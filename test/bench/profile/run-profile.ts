import { once } from 'node:events'
import { mkdir, readFile, writeFile } from 'node:fs/promises'
import type { Profiler } from 'node:inspector'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { freePort } from '../../support/free-port.ts'
import { withCpu } from '../cpu-time.ts'
import { load } from '../load.ts'
import { setStage, type Stage } from '../stage.ts'
import { attribute, sourcesOfLines, type Locate } from './attribute.ts'
import { DAEMON_STAGES, GATEWAY_STAGES } from './stage-table.ts'
import { WorkerdInspector } from './workerd-inspector.ts'

const ROOT = new URL('../../../', import.meta.url).href

/**
 * Profiles workerd and the daemon under small GETs, over 32 connections and over one, and tells what each stage costs.
 *
 * @param directory where the `.cpuprofile` files go; none are written if it is empty
 */
export async function runProfile(
  tool: 'wrk' | 'autocannon',
  seconds: number,
  directory: string,
): Promise<string> {
  const port = await freePort()
  await using stage = await setStage({ gatewayEnvironment: { BENCH_INSPECTOR_PORT: String(port) } })
  const inspector = await WorkerdInspector.open(port)
  const lines = sourcesOfLines(
    await readFile(join(stage.directory, 'gateway', 'worker.js'), 'utf8'),
  )
  const inBundle: Locate = ({ line }) => lines[line]
  if (directory !== '') await mkdir(directory, { recursive: true })
  const told: string[] = []
  try {
    await get(stage, tool, 32, 2)
    for (const connections of [32, 1]) {
      await inspector.start()
      await askHome(stage, 'profile')
      const { cpu } = await get(stage, tool, connections, seconds)
      const gateway = await inspector.stop()
      const daemon = (await askHome(stage, 'profiled')) as Profiler.Profile
      if (directory !== '') {
        await write(directory, `gateway-${connections}`, gateway)
        await write(directory, `daemon-${connections}`, daemon)
      }
      told.push(
        `GET over ${connections} connection${connections === 1 ? '' : 's'}, µs of CPU per request`,
        ...part('workerd', cpu['workerd'], (us) =>
          attribute(gateway, GATEWAY_STAGES, inBundle, us),
        ),
        ...part('daemon', cpu['daemon'], (us) =>
          attribute(daemon, DAEMON_STAGES, inRepository, us),
        ),
        '',
      )
    }
  } finally {
    inspector.close()
  }
  return told.join('\n')
}

function get(
  { gateway, home, bearer, recordPath }: Stage,
  tool: 'wrk' | 'autocannon',
  connections: number,
  seconds: number,
) {
  const processes = { workerd: gateway.pid, daemon: home.pid as number }
  const url = gateway.url + recordPath
  return withCpu(processes, () => load(tool, { url, bearer, connections, seconds }))
}

async function askHome({ home }: Stage, what: 'profile' | 'profiled'): Promise<unknown> {
  home.send(what)
  const [told] = (await once(home, 'message')) as [unknown]
  return told
}

const inRepository: Locate = ({ url }) =>
  url.startsWith(ROOT) ? fileURLToPath(url).slice(fileURLToPath(ROOT).length) : undefined

async function write(directory: string, name: string, profile: Profiler.Profile): Promise<void> {
  await writeFile(join(directory, `${name}.cpuprofile`), JSON.stringify(profile))
}

function part(
  name: string,
  us: number | null | undefined,
  stages: (us: number) => ReadonlyMap<string, number>,
): string[] {
  if (us === null || us === undefined) return [`  ${name}: CPU not available on this system`]
  const rows = [...stages(us)].map(([stage, value]) => row(`  ${stage}`, value))
  return [row(name, us), ...rows]
}

function row(name: string, us: number): string {
  return `  ${name.padEnd(36)}${us.toFixed(1).padStart(8)}`
}
