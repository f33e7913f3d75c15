import { isBootstrapToken } from '../../access/is-bootstrap-token.ts'
import { note, noteNext } from '../output/output.ts'

/** `SPL_BOOTSTRAP_TOKEN`, if it can be one; else the first start makes the account as ever. */
export function bootstrapToken(): string | undefined {
  const token = process.env['SPL_BOOTSTRAP_TOKEN']
  return token && isBootstrapToken(token) ? token : undefined
}

/** Says that a token is ignored. In front, where it is read: not in the background's own log. */
export function warnOfBootstrapToken(): void {
  if (!process.env['SPL_BOOTSTRAP_TOKEN'] || bootstrapToken() !== undefined) return
  note('warning: SPL_BOOTSTRAP_TOKEN is not valid and is ignored')
  noteNext('try', '16 to 256 printable ASCII characters without spaces')
}
