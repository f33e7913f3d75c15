import { note, print, warn } from '../output.ts'
import { fields } from '../table.ts'
import { pairLink, type PairPayload } from './pair-payload.ts'
import { qrCode } from './qr-code.ts'

/** The three ways to bring a pairing to a device, on stdout: link, QR code, text. */
export function showPairing(page: string, payload: PairPayload): void {
  const link = pairLink(page, payload)
  print(`${link}\n`)
  const qr = qrCode(link)
  const columns = process.stdout.columns || Number.POSITIVE_INFINITY
  if (qr === undefined) warn('the link is too long for a QR code')
  else if (columns < qr.columns)
    note(`the QR code needs ${qr.columns} columns: widen the terminal, or send the link above`)
  else print(`${qr.drawn}\n`)
  const secret = 'token' in payload ? ['Token', payload.token] : ['Invite', payload.invite]
  print(
    fields([
      ['URL', payload.url],
      [secret[0] ?? '', secret[1]],
      ['Device', payload.device],
    ]),
  )
}
