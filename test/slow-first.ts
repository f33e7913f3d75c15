import { BaseSequencer, type TestSpecification } from 'vitest/node'

/**
 * Files that take longest, by the clock: such as wait and such as work in turns, so that neither a core nor a worker is idle. Begun
 * first they end while others run; Vitest knows no durations in a fresh clone.
 */
const SLOWEST = [
  'test/faults/chaos',
  'test/gateway/relay/gateway-metrics',
  'test/gateway/relay/relay-workerd',
  'test/daemon/cli/serve/cli-serve',
  'test/gateway/streams/ticket-streams',
  'test/system/access-table/access-table',
  'test/system/expose',
  'test/daemon/home/start-problems',
  'test/daemon/cli/serve/cli-restart',
  'test/daemon/http/http-sockets',
  'test/daemon/expose/probe-outside',
  'test/gateway/streams/streams',
  'test/system/edge-access',
  'test/daemon/backup/keys/keys',
  'test/system/try',
  'test/gateway/door/policy',
  'test/system/self-hosting/gateway-serve',
  'test/system/self-hosting/gateway-front',
  'test/system/self-hosting/gateway-workerd',
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
