import { LIMITS } from '../../../protocol/limits.ts'
import { formatJsonPath } from '../../../protocol/json/json-path.ts'
import { findLossyNumber } from '../../../protocol/json/lossy-number.ts'
import { scanJson } from '../../../protocol/json/scan-json.ts'
import { parseStrictJson, RepeatedMemberError } from '../../../protocol/json/strict-json.ts'
import { ProblemError } from '../../problem/problem-error.ts'
import { LINES_TYPE } from './lines-type.ts'

const NEXT = {
  body: 'Send one JSON object in UTF-8.',
  record: `Send one JSON object in UTF-8; of many records one in each line, with Content-Type: ${LINES_TYPE}`,
  // `curl -d` takes line feeds out.
  line: 'Send one JSON object in each line, in UTF-8: as jq -c . writes them, and curl -T or --data-binary sends them.',
} as const

const utf8 = new TextDecoder('utf-8', { fatal: true })

/**
 * The JSON value in the bytes of a request's body, or of a line of it. Throws `ProblemError`: `INVALID_REQUEST` for bytes
 * that are not JSON, that name a member twice, or that have a number which would be stored as another one;
 * `BODY_TOO_LARGE` for more values than a record has.
 */
export function parseJsonText(bytes: Uint8Array, what: keyof typeof NEXT): unknown {
  const name = what === 'line' ? 'line' : 'body'
  try {
    const text = utf8.decode(bytes)
    // Parsing cost grows with their number, and faster; a record has few besides its body's.
    const { values, members, hasUnusualNumber } = scanJson(text)
    if (values > 2 * LIMITS.recordValues) throw tooManyValues(name)
    const value = parseStrictJson(text, members)
    if (hasUnusualNumber) refuseLossyNumber(text)
    return value
  } catch (error) {
    if (error instanceof ProblemError) throw error
    if (error instanceof RepeatedMemberError) {
      throw new ProblemError('INVALID_REQUEST', `The ${name} is ambiguous: ${error.message}`, {
        field: error.field,
        try: 'Give each member of an object once.',
      })
    }
    throw new ProblemError(
      'INVALID_REQUEST',
      `The ${name} is not JSON: ${(error as Error).message}`,
      {
        field: '$',
        try: NEXT[what],
      },
    )
  }
}

function refuseLossyNumber(text: string): void {
  const found = findLossyNumber(text)
  if (found === undefined) return
  const { number, path } = found
  const shown = number.length > 40 ? `${number.slice(0, 40)}…` : number
  throw new ProblemError(
    'INVALID_REQUEST',
    `The number ${shown} has more digits than JSON keeps, and would become ${Number(number)}`,
    {
      field: formatJsonPath(path),
      try: 'Send it as a string: numbers are exact up to 9007199254740991.',
    },
  )
}

function tooManyValues(what: string): ProblemError {
  return new ProblemError(
    'BODY_TOO_LARGE',
    `The ${what} has more values than a record may have: ${LIMITS.recordValues}`,
    { try: 'Spread them over several records, or keep them as one string.' },
  )
}
