import type { Imported, ImportWanted } from './import-file.ts'
import { ImportNeeds } from './import-needs.ts'
import { placeIn } from './line-place.ts'
import { readSteps } from './read-steps.ts'
import { LineTaker } from './take-lines.ts'
import { takeSteps } from './take-steps.ts'
import { untilAborted } from './until-aborted.ts'

/**
 * Takes in an export as it comes: each part once it is known to be what its exporter signed. Whether it is whole shows at its
 * end.
 */
export async function importStream(
  chunks: AsyncIterable<Uint8Array>,
  { client, isDry, isPartial, batchBytes, rejected, progress, onSending, signal }: ImportWanted,
): Promise<Imported> {
  const needs = await ImportNeeds.of(client)
  needs.requireScopes(true)
  const taker = new LineTaker({ client, isDry, rejected, signal })
  let records = 0
  const taken = await takeSteps({
    steps: readSteps(untilAborted(chunks, signal)),
    taker,
    batchBytes,
    isPartial,
    signal,
    onPart(step) {
      records += step.kind === 'part' ? step.lines.length : 0
      progress.count(records)
    },
    async onSend(lines) {
      for (const { bytes } of lines) {
        const place = placeIn(bytes)
        if (place !== undefined) needs.see(place)
      }
      await needs.require(signal, taker.isBegun)
      if (!isDry) onSending()
    },
    onTaken() {},
  })
  return { ...taken, taker }
}
