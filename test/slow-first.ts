import { BaseSequencer, type TestSpecification } from 'vitest/node'

/**
 * Files that take longest, by the clock, though most of them wait more than they work. Begun first they end while others
 * run; Vitest knows no durations in a fresh clone.
 */
const SLOWEST = [
  'test/faults/chaos',
  'test/gateway/hibernation',
  'test/gateway/gateway-metrics',
  'test/gateway/relay-miniflare',
  'test/gateway/relay-workerd',
  'test/system/gateway-connect',
  'test/daemon/cli-serve',
  'test/system/access-table',
  'test/browser/cors',
  'test/gateway/streams',
  'test/daemon/cli-restart',
  'test/daemon/cli-login',
  'test/system/tunnel-wake',
  'test/system/docs-second-machine',
]

/** Begins with the slowest files; the others follow as Vitest orders them. */
export class SlowFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const place = ({ moduleId }: TestSpecification): number => {
      const found = SLOWEST.findIndex((name) => moduleId.includes(`/${name}.test.ts`))
      return found === -1 ? SLOWEST.length : found
    }
    // oxlint-disable-next-line unicorn/no-array-sort -- it is no array's
    const sorted = await super.sort(files)
    return sorted.toSorted((one, other) => place(one) - place(other))
  }
}
