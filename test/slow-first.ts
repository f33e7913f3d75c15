import { BaseSequencer, type TestSpecification } from 'vitest/node'

/**
 * Files that take longest, by the clock: such as wait and such as work in turns, so that neither a core nor a worker is idle. Begun
 * first they end while others run; Vitest knows no durations in a fresh clone.
 */
const SLOWEST = [
  'test/faults/chaos',
  'test/daemon/cli/serve/cli-serve',
  'test/daemon/cli/access/cli-access-mistakes',
  'test/gateway/relay/gateway-metrics',
  'test/daemon/cli/access/cli-login',
  'test/gateway/relay/relay-workerd',
  'test/system/expose',
  'test/system/access-table/access-table',
  'test/gateway/streams/streams',
  'test/system/try',
  'test/daemon/cli/serve/cli-restart',
  'test/system/deploy/gateway-project',
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
