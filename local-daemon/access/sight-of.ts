import type { Sight } from '../store/sight.ts'
import { mayUse, type Principal } from './principal.ts'

const RECORDS: Sight = Object.freeze({ withoutOwn: true })
const ALL: Sight = Object.freeze({})

/**
 * What a principal may see of the records. The threads of the daemon itself need `admin` or `config:read`, and no reach
 * includes them.
 */
export function sightOf(principal: Principal): Sight {
  const { reach } = principal
  if (reach !== undefined) return { withoutOwn: true, reach }
  return mayUse(principal, 'config:read') ? ALL : RECORDS
}
