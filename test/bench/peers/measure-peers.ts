import { withCpu, type CpuPerRequest } from '../cpu-time.ts'
import { load, middle, type LoadResult } from '../load.ts'
import { middleCpu } from '../measure-small.ts'
import type { Stage } from '../stage.ts'
import { PEERS, type Peer } from './peer-list.ts'
import { findProgram, startPeer } from './start-peer.ts'

/** What one way to the daemon gave: over 32 connections and over one; or why there is nothing. */
export interface PeerResult {
  readonly name: string
  readonly many?: LoadResult & { readonly cpu: CpuPerRequest }
  readonly one?: LoadResult & { readonly cpu: CpuPerRequest }
  readonly missing?: string
}

interface Way {
  readonly url: string
  readonly pids: readonly number[]
  readonly fields?: Readonly<Record<string, string>>
}

/** The same GET of the same daemon: direct, through the gateway, and through each peer that is found. */
export async function measurePeers(
  stage: Stage,
  tool: 'wrk' | 'autocannon',
  rounds: number,
  seconds: number,
  folder: string | undefined,
): Promise<readonly PeerResult[]> {
  const { gateway, directUrl, recordPath, bearer } = stage
  const results: PeerResult[] = [
    await measureWay('the daemon on loopback', { url: directUrl, pids: [] }),
    await measureWay('spl, all checks on', {
      url: gateway.url,
      pids: [gateway.pid, gateway.frontPid],
    }),
  ]
  for (const peer of PEERS) {
    const absent = peer.programs.filter((name) => findProgram(name, folder) === undefined)
    results.push(
      absent.length > 0
        ? { name: peer.name, missing: `no ${absent.join(', ')} found; get it: ${peer.get}` }
        : await measurePeer(peer),
    )
  }
  return results

  async function measurePeer(peer: Peer): Promise<PeerResult> {
    try {
      const daemon = { port: Number(new URL(directUrl).port), path: recordPath, bearer }
      await using running = await startPeer(peer, daemon, folder)
      return await measureWay(peer.name, {
        ...running,
        ...(peer.fields && { fields: peer.fields }),
      })
    } catch (error) {
      return { name: peer.name, missing: (error as Error).message }
    }
  }

  async function measureWay(name: string, { url, pids, fields = {} }: Way): Promise<PeerResult> {
    const target = { url: url + recordPath, bearer, fields }
    const over = async (connections: number) => {
      const results = []
      await load(tool, { ...target, connections, seconds: 1 })
      for (let round = 0; round < rounds; round += 1) {
        const options = { ...target, connections, seconds }
        results.push(await withCpu({ way: pids }, () => load(tool, options)))
      }
      return { ...middle(results), cpu: middleCpu(results.map(({ cpu }) => cpu)) }
    }
    return { name, many: await over(32), one: await over(1) }
  }
}

/** A Markdown table with its date. */
export function peersTable(results: readonly PeerResult[], date: string): string {
  const measured = results.flatMap(({ name, many, one }) =>
    many === undefined || one === undefined ? [] : [{ name, many, one }],
  )
  return [
    `| ${date} | GET/s, 32 | p50, p99 ms | its CPU, µs | GET/s, 1 | p50, p99 ms | its CPU, µs |`,
    '|---|---|---|---|---|---|---|',
    ...measured.map(({ name, many, one }) => `| ${name} | ${cells(many)} | ${cells(one)} |`),
    '',
    ...results.flatMap(({ name, missing }) =>
      missing === undefined ? [] : [`Not measured: ${name}: ${missing}`],
    ),
  ].join('\n')
}

function cells({ perSecond, p50Ms, p99Ms, cpu }: NonNullable<PeerResult['many']>): string {
  const way = cpu['way'] ?? null
  const us = way === null ? 'not available' : Math.round(way)
  return `${Math.round(perSecond)} | ${p50Ms.toFixed(2)}, ${p99Ms.toFixed(2)} | ${us}`
}
