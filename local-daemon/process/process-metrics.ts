import { VERSION } from './version.ts'
import { type Family, single } from '../../protocol/http/exposition.ts'

const STARTED_AT_S = performance.timeOrigin / 1000

/** The process, under the names that all Prometheus clients use. */
export function processMetrics(): Family[] {
  const { rss, heapUsed } = process.memoryUsage()
  const { user, system } = process.cpuUsage()
  return [
    {
      name: 'spl_build_info',
      help: 'Versions, as labels; the value is 1.',
      type: 'gauge',
      samples: [{ labels: { version: VERSION, node: process.versions.node }, value: 1 }],
    },
    single(
      'process_start_time_seconds',
      'gauge',
      'When the process started, Unix time.',
      STARTED_AT_S,
    ),
    single(
      'process_cpu_seconds_total',
      'counter',
      'CPU time of user and system.',
      (user + system) / 1e6,
    ),
    single('process_resident_memory_bytes', 'gauge', 'Resident memory.', rss),
    single('nodejs_heap_size_used_bytes', 'gauge', 'Used JavaScript heap.', heapUsed),
  ]
}
