import { InvalidArgumentError } from 'commander'
import { parseReach, ReachError } from '../../../protocol/identity/reach.ts'
import { parseList } from './list.ts'

/** What the help says about `--reach`. */
export const REACH_HELP = 'namespace or th_… it is limited to, with all below; repeatable'

/** `--reach` of the command line, once for each namespace or thread, or several with commas. */
export function addReach(text: string, before: readonly string[] = []): readonly string[] {
  const entries = [...before, ...parseList(text)]
  try {
    parseReach(entries)
  } catch (error) {
    if (!(error instanceof ReachError)) throw error
    throw new InvalidArgumentError(`${error.message}.`)
  }
  return entries
}
