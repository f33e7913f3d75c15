import { bytesText } from '../../problem/bytes-text.ts'
import type { Check } from './check.ts'
import { failure, pass, skip, warning } from './outcomes.ts'
import type { Survey } from './survey.ts'

/** A write-ahead log of this size is not normal: SQLite leaves 64 MiB of it. Bytes. */
const LARGE_LOG = 256 * 1024 ** 2
/** From this part of the ceiling on it is time. */
const NEARLY = 0.9

/** How large the store is, what its log takes, and how far its ceiling is. */
export function sizeCheck({ daemon }: Survey): Check {
  const name = 'store-size'
  const size = daemon?.health.store?.size
  if (size === undefined) return skip(name, 'no daemon that tells the size of its store answers')
  const { total_bytes, wal_bytes, used_bytes, ceiling_bytes, over_ceiling } = size
  const details = { ...size }
  if (over_ceiling) {
    return failure(
      name,
      `it has reached its ceiling of ${bytesText(ceiling_bytes ?? 0)} and takes no records [STORE_CEILING_REACHED]`,
      `spl config set store_ceiling_bytes ${Math.ceil((used_bytes * 2) / 1024 ** 2)}MiB`,
      details,
    )
  }
  if (wal_bytes > LARGE_LOG) {
    return warning(
      name,
      `its write-ahead log has ${bytesText(wal_bytes)}: a program that reads the store keeps it from being emptied`,
      'end what has the store open, such as a database browser or a backup: fuser -v <the store> shows it; the daemon then empties the log',
      details,
    )
  }
  if (ceiling_bytes !== null && used_bytes > NEARLY * ceiling_bytes) {
    return warning(
      name,
      `${bytesText(used_bytes)} of the ${bytesText(ceiling_bytes)} that it may have`,
      'raise the ceiling before it is reached: spl config set store_ceiling_bytes <size>',
      details,
    )
  }
  const limit = ceiling_bytes === null ? '' : `, of at most ${bytesText(ceiling_bytes)}`
  return pass(
    name,
    `${bytesText(total_bytes)}, of it ${bytesText(wal_bytes)} write-ahead log${limit}`,
    details,
  )
}
