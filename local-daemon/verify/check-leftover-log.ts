import { statSync } from 'node:fs'
import { readLineage } from '../store/lineage-file.ts'
import { contentOf } from '../store/overwrite-watch.ts'
import { StoreOpenError } from '../store/store-error.ts'
import { verifyStore, type VerifyOptions } from './verify-store.ts'
import { shellPath } from '../shell-word.ts'

/**
 * Looks at a store that has a log which may be another one's, before anything of it is read or written. A killed daemon leaves its
 * log beside the file, and SQLite applies it to whatever file is there; put an older `hub.db` back alone, and the two are mixed.
 * What remembers the store knows how the file was when the log was written to last. If it is not so now, everything is verified.
 *
 * @throws StoreOpenError STORE_MIXED
 */
export async function checkLeftoverLog(
  options: VerifyOptions & { readonly lineageFile: string },
): Promise<void> {
  const { path, lineageFile } = options
  if (sizeOf(path) === 0 || sizeOf(`${path}-wal`) === 0) return
  if (readLineage(lineageFile)?.file === contentOf(path)) return
  const fault = await faultOf(options)
  if (fault === undefined) return
  throw new StoreOpenError(
    'STORE_MIXED',
    `The store ${path} and its log ${path}-wal do not belong together: ${fault}`,
    `Put back the ${shellPath(path)} that the log was written beside. To start with this copy, without what is in the log: mv ${shellPath(`${path}-wal`)} ${shellPath(`${path}-wal.other`)}; rm -f ${shellPath(`${path}-shm`)}`,
  )
}

/** The first thing that is wrong, in words. An older store with its own log is well, and told of when it is opened. */
async function faultOf(options: VerifyOptions): Promise<string | undefined> {
  try {
    const { findings } = await verifyStore(options)
    return findings.find(({ check }) => check !== 'lineage')?.message
  } catch (error) {
    if (!(error instanceof StoreOpenError)) throw error
    // Anything else than its content is told by the open that follows.
    return error.code === 'STORE_UNREADABLE' ? error.message : undefined
  }
}

function sizeOf(path: string): number {
  return statSync(path, { throwIfNoEntry: false })?.size ?? 0
}
