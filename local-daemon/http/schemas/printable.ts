import { z } from '@hono/zod-openapi'

/**
 * Replaces the rule of printable text in the document: few engines support Unicode properties, and their
 * versions of Unicode differ. The daemon refuses format, private and unassigned characters too.
 */
export const PLAIN = '^[^\\u0000-\\u001F\\u007F-\\u009F]*$'

/** Text for tables and lists, by its length in characters. */
export function printable(least: number, most: number) {
  const form = new RegExp(`^[^\\p{C}]{${least},${most}}$`, 'u')
  return z.string().refine((text) => form.test(text), {
    message: `must be ${least === 0 ? 'at most' : `${least} to`} ${most} printable characters`,
  })
}
