import type { ChaosResult } from './run-chaos.ts'

const MIB = 1024 * 1024

/** One run in a line, with what was done and, if it failed, how to do it again. */
export function replayLine({
  seed,
  seconds,
  witnesses,
  violations,
  arrivedMs,
}: ChaosResult): string {
  const done = witnesses.map(({ kind, atMs }) => `${kind}@${atMs}`).join(' ')
  const line = `${seed}  ${seconds.toFixed(1)} s  arrived in ${arrivedMs} ms  ${done}`
  if (violations.length === 0) return line
  const texts = violations
    .slice(0, 20)
    .map(({ check, kind, text }) => `  ${check} ${kind}: ${text}`)
  return [line, ...texts, `  again: SPL_CHAOS_SEED=${seed} npm run faults`].join('\n')
}

/** The sum of all runs, for a person. */
export function table(results: readonly ChaosResult[]): string {
  const { faults, violations, memory_mib: memory, seeds_failed: failed, ...sums } = report(results)
  const rows = [
    ...Object.entries(sums).filter(([, value]) => typeof value === 'number'),
    ...Object.entries(faults).map(([kind, times]) => [`fault ${kind}`, times] as const),
    ...Object.entries(violations).map(([kind, times]) => [`violation ${kind}`, times] as const),
    ...Object.entries(memory).map(([name, mib]) => [`MiB, ${name}`, mib] as const),
  ]
  const lines = rows.map(([name, value]) => `${name.replaceAll('_', ' ').padEnd(34)}${value}`)
  return [...lines, failed.length === 0 ? 'all held' : `failed: ${failed.join(' ')}`].join('\n')
}

/** The same as stable JSON. */
export function report(results: readonly ChaosResult[]) {
  const sum = (of: (result: ChaosResult) => number) =>
    results.reduce((total, result) => total + of(result), 0)
  const mean = (of: (result: ChaosResult) => number) =>
    Math.round((sum(of) / Math.max(1, results.length) / MIB) * 10) / 10
  const violations = results.flatMap((result) => result.violations)
  const found = (kind: string) => violations.filter((violation) => violation.kind === kind).length
  return {
    object: 'faults' as const,
    runs: results.length,
    seconds: Math.round(sum(({ seconds }) => seconds)),
    faults_fired: sum(({ witnesses }) => witnesses.length),
    appends_acknowledged: sum(({ acknowledged }) => acknowledged),
    requests_for_them: sum(({ tries }) => tries),
    records: sum(({ records }) => records),
    bodies_compared: sum(({ bodies }) => bodies),
    body_mib_compared: Math.round(sum(({ bodyBytes }) => bodyBytes) / MIB),
    events_seen: sum(({ events }) => events),
    self_reconnects: sum(({ reconnects }) => reconnects),
    streams_left_to_resume: sum(({ left }) => left),
    slowest_arrival_ms: Math.max(0, ...results.map(({ arrivedMs }) => arrivedMs)),
    lost: found('lost'),
    doubled: found('doubled'),
    gaps: found('gap'),
    repeats: found('repeat'),
    short: found('short'),
    faults: tally(results.flatMap(({ witnesses }) => witnesses.map(({ kind }) => kind))),
    violations: tally(violations.map(({ check, kind }) => `${check} ${kind}`)),
    memory_mib: {
      daemon_held_before: mean(({ before }) => before.daemonHeld),
      daemon_held_after: mean(({ after }) => after.daemonHeld),
      daemon_rss_before: mean(({ before }) => before.daemonRss),
      daemon_rss_after: mean(({ after }) => after.daemonRss),
      gateway_rss_before: mean(({ before }) => before.gatewayRss),
      gateway_rss_after: mean(({ after }) => after.gatewayRss),
    },
    seeds_failed: results.filter((result) => result.violations.length > 0).map(({ seed }) => seed),
    results,
  }
}

function tally(names: readonly string[]): Readonly<Record<string, number>> {
  const counts: Record<string, number> = {}
  for (const name of names.toSorted()) counts[name] = (counts[name] ?? 0) + 1
  return counts
}
