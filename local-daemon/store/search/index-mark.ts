import { closeSync, fstatSync, openSync, readSync } from 'node:fs'
import { APPLICATION_ID } from './index-file.ts'

/** Of a database of SQLite: the name of its form, and where its header has the number of the application. */
const FORM = Buffer.from('SQLite format 3\0')
const APPLICATION_AT = 68
const HEADER_BYTES = 100

/** Which file is at the path of an index: its device and number. Undefined: none that begins as an index does. */
export function markOf(path: string): string | undefined {
  let file: number | undefined
  try {
    file = openSync(path, 'r')
    const header = Buffer.alloc(HEADER_BYTES)
    const isWhole = readSync(file, header, 0, HEADER_BYTES, 0) === HEADER_BYTES
    const isOurs = header.readUInt32BE(APPLICATION_AT) === APPLICATION_ID
    if (!isWhole || !isOurs || !header.subarray(0, FORM.length).equals(FORM)) return undefined
    const { dev, ino } = fstatSync(file, { bigint: true })
    return `${dev}:${ino}`
  } catch {
    // There is none, or a directory.
    return undefined
  } finally {
    if (file !== undefined) closeSync(file)
  }
}
