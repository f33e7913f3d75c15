import { execFileSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'

const SOURCE = fileURLToPath(
  new URL('../../../local-daemon/process/young-heap.ts', import.meta.url),
)

/** MiB of the heap for new objects after much was made and little of it kept for long. */
function afterBurst(isBounded: boolean): number {
  const work = `
    import v8 from 'node:v8'
    import { boundYoungHeap } from ${JSON.stringify(SOURCE)}
    if (${isBounded}) boundYoungHeap()
    const kept = []
    for (let n = 0; n < 3_000_000; n += 1) kept[n % 50_000] = { n, text: 'record ' + n }
    const spaces = v8.getHeapSpaceStatistics()
    console.log(spaces.find(({ space_name }) => space_name === 'new_space').space_size)`
  const said = execFileSync(process.execPath, ['--input-type=module', '-e', work])
  return Number(said) / 1024 / 1024
}

test('the heap for new objects stays small through a burst of them', () => {
  const [free, bounded] = [afterBurst(false), afterBurst(true)]
  // 128 and 2 MiB, and 10 once on a busy machine, where the threads that collect hold pages of their own.
  expect(free).toBeGreaterThan(64)
  expect(bounded).toBeLessThan(16)
})
