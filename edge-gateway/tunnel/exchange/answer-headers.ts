import { GATEWAY_HEADERS } from '../../../protocol/http/gateway-headers.ts'
import { cleanResponseHeaders, isHeaderFault } from '../../../protocol/http/header-hygiene.ts'
import type { HeaderList, ResponseHead } from '../../../protocol/tunnel/heads.ts'
import { valueToText } from '../../door/header-bytes.ts'

/** An answer's headers as the client gets them, its request's id apart, and what of them decides how its body is sent. */
export interface AnswerHeaders {
  /**
   * The runtime's own form: a list would be taken over pair by pair, at a twentieth of the whole relay's
   * cost (measured). A Response copies it; whoever sets a field sets it before.
   */
  readonly fields: Headers
  /** Content-Length, if it is one valid number. */
  readonly length: string | undefined
  /** The body is compressed already. */
  readonly encoded: boolean
  /** What home lets the stream be resumed with: for the Worker, never for the client. */
  readonly resume: string | undefined
}

/** What became of a head: `decodeResponseHead` gives the same object for the same text. */
const answers = new WeakMap<ResponseHead, AnswerHeaders>()

/** Undefined if they cannot be passed on. */
export function answerHeaders(head: ResponseHead): AnswerHeaders | undefined {
  const known = answers.get(head)
  if (known !== undefined) return known
  const made = make(head.headers)
  if (made !== undefined) answers.set(head, made)
  return made
}

function make(given: HeaderList): AnswerHeaders | undefined {
  const clean = cleanResponseHeaders(given)
  if (isHeaderFault(clean)) return undefined
  const fields = new Headers()
  let length: string | undefined
  let encoded = false
  let resume: string | undefined
  for (const field of clean) {
    const name = field[0].toLowerCase()
    // The id that the request was relayed under: the app may not know it, and cannot choose it.
    if (name === GATEWAY_HEADERS.requestId) continue
    if (name === GATEWAY_HEADERS.resume) {
      resume = field[1]
      continue
    }
    if (name === 'content-length') length = field[1]
    else if (name === 'content-encoding') encoded = true
    fields.append(name, valueToText(field[1]))
  }
  return { fields, length, encoded, resume }
}
