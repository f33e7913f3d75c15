/**
 * How the Worker speaks to the object. Only the binding reaches the object, and the Worker builds each
 * of these requests from nothing, so no client's header can pass for one of them.
 */

/** The request head as JSON (heads.ts): checked once in the Worker, forwarded as it is. */
export const HEAD_HEADER = 'x-spl-head'

/** A verified connect proof as JSON. */
export const CONNECT_HEADER = 'x-spl-connect'

/** JSON with everything beyond ASCII escaped: a header's value is a byte string. */
export function headerSafe(json: string): string {
  return json.replaceAll(
    /[^\x20-\x7e]/g,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  )
}
