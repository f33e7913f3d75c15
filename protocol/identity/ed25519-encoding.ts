import { decodeHex } from '../encoding/hex.ts'

/** p = 2^255 - 19, the field of Curve25519, little-endian. */
const FIELD = bytesOf('edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f')
/** L = 2^252 + 27742317777372353535851937790883648493, the order of the base point, little-endian. */
const ORDER = bytesOf('edd3f55c1a631258d69cf7a2def9de1400000000000000000000000000000010')

/**
 * The y coordinates of the eight points whose order divides 8. Both signs of x are refused with them,
 * which also covers the two encodings of x = 0 with the sign bit set.
 */
const SMALL_ORDER_Y = new Set(
  [
    // y = 1: the neutral element.
    '0100000000000000000000000000000000000000000000000000000000000000',
    // y = -1: order 2.
    'ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f',
    // y = 0: order 4.
    '0000000000000000000000000000000000000000000000000000000000000000',
    // The two y of order 8.
    '26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05',
    'c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a',
  ].map((hex) => bytesOf(hex).join()),
)

/** Their first bytes. */
const SMALL_ORDER_STARTS = new Set([...SMALL_ORDER_Y].map((bytes) => Number.parseInt(bytes, 10)))

/**
 * Whether 32 bytes may stand for a point: y below p, and not one of the small-order points. Whether the
 * point is on the curve is left to the verification itself, where every runtime agrees.
 */
export function isUsablePoint(encoded: Uint8Array): boolean {
  if (encoded.length !== 32) return false
  // Nearly every point: y is far below p, and begins like none of small order.
  const top = (encoded[31] ?? 0) & 0x7f
  if (top < 0x7f && !SMALL_ORDER_STARTS.has(encoded[0] ?? 0)) return true
  const y = new Uint8Array(encoded)
  y[31] = top
  return isBelow(y, FIELD) && !SMALL_ORDER_Y.has(y.join())
}

/** Whether 32 bytes are a scalar below L (RFC 8032, section 5.1.7: refuses the signature with S + L). */
export function isCanonicalScalar(encoded: Uint8Array): boolean {
  return encoded.length === 32 && isBelow(encoded, ORDER)
}

/** Little-endian comparison of equally long numbers. Nothing here is secret, so it may stop early. */
function isBelow(left: Uint8Array, right: Uint8Array): boolean {
  for (let i = left.length - 1; i >= 0; i -= 1) {
    const difference = (left[i] ?? 0) - (right[i] ?? 0)
    if (difference !== 0) return difference < 0
  }
  return false
}

function bytesOf(hex: string): Uint8Array {
  const bytes = decodeHex(hex)
  if (bytes === undefined) throw new Error(`Not hex: ${hex}`)
  return bytes
}
