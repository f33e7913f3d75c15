/** Undefined: no bearer, but something else; `doubled`: two fields, which the runtime has joined by a comma. */
export type ShownBearer = { readonly bearer: string } | 'doubled' | undefined

/**
 * `Bearer`, whatever its case, one or more blanks, and a token68 (RFC 9110, sections 11.2 and 11.6.2; RFC 6750, section
 * 2.1). A tab does not count as a blank. The parser of the message has already removed blanks around the field.
 */
const FORM = /^bearer +([A-Za-z0-9\-._~+/]+=*)$/i

/** The bearer of an `Authorization` field. Gateway and daemon share this, so both accept the same texts. */
export function readBearer(authorization: string): ShownBearer {
  const [, bearer] = FORM.exec(authorization) ?? []
  if (bearer !== undefined) return { bearer }
  return authorization.includes(',') ? 'doubled' : undefined
}
