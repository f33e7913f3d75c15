import type { HeaderList } from '../../protocol/http/header-field.ts'

/**
 * Header values cross the tunnel as bytes, one character each, as Node and browsers hold them. workerd
 * reads and writes them as UTF-8 instead: without these two functions `é` would arrive as one byte
 * less at home, and one more at the client, than was sent.
 */

const encoder = new TextEncoder()
const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

/** Values as the runtime gives them, as their bytes. What was no UTF-8 stays marked, to be refused. */
export function valuesToBytes(headers: Iterable<readonly [string, string]>): HeaderList {
  const list: (readonly [string, string])[] = []
  for (const field of headers) {
    list.push(isAscii(field[1]) ? field : [field[0], toBytes(field[1])])
  }
  return list
}

/** A value that is bytes, as the runtime must be given it. Bytes that are no UTF-8 are taken as Latin-1. */
export function valueToText(value: string): string {
  return isAscii(value) ? value : toText(value)
}

function isAscii(value: string): boolean {
  return !/[^\0-\x7f]/.test(value)
}

function toBytes(value: string): string {
  // The runtime puts U+FFFD where a byte was no UTF-8: that value is lost, and its bytes are unknown.
  if (value.includes('\ufffd')) return value
  return String.fromCharCode(...encoder.encode(value))
}

function toText(value: string): string {
  try {
    return decoder.decode(Uint8Array.from(value, (character) => character.charCodeAt(0)))
  } catch {
    return value
  }
}
