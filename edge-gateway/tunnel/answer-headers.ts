import { GATEWAY_HEADERS } from '../../protocol/gateway-headers.ts'
import { cleanResponseHeaders, isHeaderFault } from '../../protocol/header-hygiene.ts'
import type { HeaderList } from '../../protocol/heads.ts'
import { valueToText } from '../header-bytes.ts'

/** An answer's headers as the client gets them, and what of them decides how its body is sent. */
export interface AnswerHeaders {
  readonly list: [string, string][]
  /** Content-Length, if it is one valid number. */
  readonly length: string | undefined
  /** The body is compressed already. */
  readonly encoded: boolean
}

/** Undefined if they cannot be passed on. */
export function answerHeaders(given: HeaderList, requestId: string): AnswerHeaders | undefined {
  const clean = cleanResponseHeaders(given)
  if (isHeaderFault(clean)) return undefined
  const list: [string, string][] = []
  let length: string | undefined
  let encoded = false
  for (const field of clean) {
    const name = field[0].toLowerCase()
    // The id that the request was relayed under: the app may not know it, and cannot choose it.
    if (name === GATEWAY_HEADERS.requestId) continue
    if (name === 'content-length') length = field[1]
    else if (name === 'content-encoding') encoded = true
    list.push([name, valueToText(field[1])])
  }
  list.push([GATEWAY_HEADERS.requestId, requestId])
  return { list, length, encoded }
}
