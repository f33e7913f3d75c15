import { encode, renderUnicodeCompact } from 'uqr'
import { styled } from '../output/styled.ts'

/** Light modules around the code (ISO/IEC 18004 asks for four). */
const QUIET_ZONE = 4
/** Bytes that the largest code holds (version 40, level L). */
const QR_BYTES = 2_953

/**
 * A QR code for a terminal, two modules a character; undefined for a text that is too long for one. On a terminal with
 * colours it is white on black whatever the theme, for readers that take no inverted code.
 */
export function qrCode(
  text: string,
): { readonly drawn: string; readonly columns: number } | undefined {
  if (Buffer.byteLength(text) > QR_BYTES) return undefined
  const options = { border: QUIET_ZONE }
  const drawn = renderUnicodeCompact(text, options)
    .split('\n')
    .map((line) => styled(['whiteBright', 'bgBlack'], line))
    .join('\n')
  return { drawn, columns: encode(text, options).size }
}
