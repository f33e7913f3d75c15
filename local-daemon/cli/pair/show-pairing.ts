import { note, printOnce, warn } from '../output/output.ts'
import { fields } from '../output/table.ts'
import { pairLink, type PairPayload } from './pair-payload.ts'
import { qrCode } from './qr-code.ts'

/** The three ways to bring a pairing to a device, on stdout: link, QR code, text. */
export async function showPairing(page: string, payload: PairPayload): Promise<void> {
  const link = pairLink(page, payload)
  await printOnce(`${link}\n\n`)
  const qr = qrCode(link)
  const columns = process.stdout.columns || Number.POSITIVE_INFINITY
  if (qr === undefined) warn('the link is too long for a QR code')
  else if (columns < qr.columns)
    note(`the QR code needs ${qr.columns} columns: widen the terminal, or send the link above`)
  else await printOnce(`${qr.drawn}\n\n`)
  const secret = 'token' in payload ? ['Token', payload.token] : ['Invite', payload.invite]
  await printOnce(
    fields([
      ['URL', payload.url],
      [secret[0] ?? '', secret[1]],
      ['Device', payload.device],
    ]),
  )
}
