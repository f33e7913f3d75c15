import type { Profiler } from 'node:inspector'
import { GARBAGE, NATIVE, OTHER_CODE, type StageSources } from './stage-table.ts'

/** Path from the root of the repository, of a frame; undefined for the runtime's own. */
export type Locate = (frame: { readonly url: string; readonly line: number }) => string | undefined

/**
 * Microseconds per request by stage. The profile counts time, not CPU: all its samples but the idle ones are scaled together,
 * so that their sum is what the operating system counted.
 *
 * @param cpuUs CPU of the process per request, microseconds
 */
export function attribute(
  profile: Profiler.Profile,
  stages: readonly StageSources[],
  locate: Locate,
  cpuUs: number,
): ReadonlyMap<string, number> {
  const seen = timeByStage(profile, stages, locate)
  const all = [...seen.values()].reduce((sum, us) => sum + us, 0)
  const names = [...new Set(stages.map(({ stage }) => stage)), OTHER_CODE, GARBAGE, NATIVE]
  return new Map(names.map((name) => [name, all === 0 ? 0 : ((seen.get(name) ?? 0) / all) * cpuUs]))
}

/** Microseconds of the whole profile. */
function timeByStage(
  { nodes, samples = [], timeDeltas = [] }: Profiler.Profile,
  stages: readonly StageSources[],
  locate: Locate,
): Map<string, number> {
  const stageOfNode = new Map<number, string | undefined>()
  const byId = new Map(nodes.map((node) => [node.id, node]))
  const visit = (id: number, inherited: string | undefined): void => {
    const node = byId.get(id)
    if (node === undefined) return
    const { functionName, url, lineNumber } = node.callFrame
    const own = stageOf(functionName, locate({ url, line: lineNumber }), stages) ?? inherited
    stageOfNode.set(id, leafOf(functionName, url, own))
    for (const child of node.children ?? []) visit(child, own)
  }
  const [root] = nodes
  if (root !== undefined) visit(root.id, undefined)
  const total = new Map<string, number>()
  for (const [at, id] of samples.entries()) {
    const stage = stageOfNode.get(id)
    // A sample holds until the next one.
    const us = timeDeltas[at + 1] ?? 0
    if (stage !== undefined) total.set(stage, (total.get(stage) ?? 0) + us)
  }
  return total
}

function leafOf(functionName: string, url: string, stage: string | undefined): string | undefined {
  if (functionName === '(idle)') return undefined
  if (functionName === '(garbage collector)') return GARBAGE
  // A function without a file is the runtime's own, and works for the stage that called it.
  return stage ?? (url === '' ? NATIVE : OTHER_CODE)
}

export function stageOf(
  functionName: string,
  path: string | undefined,
  stages: readonly StageSources[],
): string | undefined {
  if (path === undefined) return undefined
  return stages.find(
    ({ files, functions }) =>
      files.some((file) => (file.endsWith('/') ? path.startsWith(file) : path === file)) &&
      (functions?.includes(functionName) ?? true),
  )?.stage
}

/** For each line of a bundle, the source that it comes from: esbuild names each in a comment before it. */
export function sourcesOfLines(bundle: string): readonly (string | undefined)[] {
  let source: string | undefined
  return bundle.split('\n').map((line) => {
    source = /^\/\/ ((?:[\w.@-]+\/)*[\w.-]+\.[cm]?[jt]s)$/u.exec(line)?.[1] ?? source
    return source
  })
}
