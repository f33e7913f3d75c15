import { LIMITS } from '../limits.ts'
import { OriginError } from './origin-error.ts'
import { parseOrigin } from './origin-form.ts'

export { OriginError } from './origin-error.ts'

/** Of a text's entries: commas and blanks (RFC 9110, section 5.6.3), however many. */
const SEPARATORS = /[\t ,]+/

/**
 * The setting `auth_cors_origins`: the origins whose pages may call, as browsers send them in `Origin`, each once,
 * in the order given. A text is split at commas and blanks; of a list each entry is one origin. Empty is valid,
 * and allows nobody.
 * @throws OriginError for the first entry that is not an origin, and for the first beyond `LIMITS.corsOrigins`
 */
export function parseOriginList(text: string | readonly string[]): readonly string[] {
  const entries =
    typeof text === 'string' ? text.split(SEPARATORS).filter((entry) => entry !== '') : text
  const origins = new Set<string>()
  for (const entry of entries) {
    origins.add(parseOrigin(entry))
    if (origins.size > LIMITS.corsOrigins) {
      const reason = `is beyond the ${LIMITS.corsOrigins} origins allowed`
      throw new OriginError(entry, reason, 'Leave out origins whose pages no longer call.')
    }
  }
  return [...origins]
}
