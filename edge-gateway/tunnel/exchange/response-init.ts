import type { AnswerHeaders } from './answer-headers.ts'

/** RFC 9110: answers with these statuses have no body, whatever was sent. */
const BODILESS: ReadonlySet<number> = new Set([204, 205, 304])

/** Whether an answer may carry a body. */
export function carriesBody(status: number, isHead: boolean): boolean {
  return !isHead && !BODILESS.has(status)
}

/**
 * What the public `Response` is made with.
 * @param isHead the request's method is HEAD
 * @param whole bytes of the body, if all of it is there
 */
export function responseInit(
  status: number,
  { fields, length, encoded }: AnswerHeaders,
  isHead: boolean,
  whole: number,
): ResponseInit {
  const init: ResponseInit = { status, headers: fields }
  // What HEAD must say of a body that it does not bring (RFC 9110, section 9.3.2).
  if (isHead && length === undefined && whole > 0) {
    init.headers = [...fields, ['content-length', String(whole)]]
  }
  // Compressed bytes cross as they are, the runtime must not compress them again. Only then: the
  // option costs as much as a fifth of the whole relay (measured).
  if (encoded) init.encodeBody = 'manual'
  return init
}
