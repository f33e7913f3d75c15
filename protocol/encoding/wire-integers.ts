/** Big-endian integers, read and written without a DataView for every frame. */

export function readUint32(bytes: Uint8Array, at: number): number {
  return (
    (((bytes[at] as number) << 24) |
      ((bytes[at + 1] as number) << 16) |
      ((bytes[at + 2] as number) << 8) |
      (bytes[at + 3] as number)) >>>
    0
  )
}

/** May be above `Number.MAX_SAFE_INTEGER`, and is then not exact. */
export function readUint64(bytes: Uint8Array, at: number): number {
  return readUint32(bytes, at) * 2 ** 32 + readUint32(bytes, at + 4)
}

export function writeUint32(bytes: Uint8Array, at: number, value: number): void {
  bytes[at] = value >>> 24
  bytes[at + 1] = value >>> 16
  bytes[at + 2] = value >>> 8
  bytes[at + 3] = value
}

/** @param value an integer up to `Number.MAX_SAFE_INTEGER` */
export function uint64(value: number): Uint8Array {
  const bytes = new Uint8Array(8)
  writeUint32(bytes, 0, Math.floor(value / 2 ** 32))
  writeUint32(bytes, 4, value % 2 ** 32)
  return bytes
}
