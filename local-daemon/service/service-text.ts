import { StartError } from '../problem/start-error.ts'

/** A line end would start another directive of a unit; XML forbids most of the others. */
const CONTROLS = /\p{Cc}|[\u2028\u2029]/u

/**
 * A text that is safe in the file of any service manager: every value goes through here.
 *
 * @throws StartError SERVICE_PATH_INVALID
 */
export function serviceText(text: string): string {
  if (!CONTROLS.test(text)) return text
  throw new StartError(
    'SERVICE_PATH_INVALID',
    `${JSON.stringify(text)} has a character that cannot stand in a service file`,
    'name the home and its files by paths without line ends and control characters; a link will do',
    { isUsage: true },
  )
}
