import type { Command } from 'commander'
import { type Candidate, type CompletedLine, completeLine } from './complete-line.ts'
import { knownValues } from './known-values.ts'
import { homeOf } from '../global-options.ts'
import { daemonClient } from '../client/daemon-client.ts'
import { printAsIs } from '../output/output.ts'
import { cutText } from '../output/cut-text.ts'
import { printable } from '../output/printable.ts'

/** Milliseconds that a daemon has to answer a Tab. */
const PATIENCE_MS = 1_500
/** No character that a shell would read as more than itself: ids come from other people's records. */
const PLAIN = /^[\w.:@/+=,-]+$/u
/** Characters of a meaning that are shown beside a word. */
const MEANING_LENGTH = 60

/**
 * What the completion scripts ask: a first line `words`, `files` or `directories`, then one candidate a line, its
 * meaning after a tab. Hidden, and silent on every failure: a Tab must never write over the line.
 */
export function addComplete(program: Command): void {
  program
    .command('complete', { hidden: true })
    .description('print the candidates for the end of a line, for the completion scripts')
    .argument('[words...]', 'the line without spl; its last word is the unfinished one')
    .action(async (words: string[]) => {
      const line = completeLine(program, words)
      if (line.place.kind === 'files' || line.place.kind === 'directories')
        return printAsIs(line.place.kind)
      const shown = (await candidatesOf(line).catch(() => [])).filter(
        ({ value }) => value.startsWith(line.word) && PLAIN.test(value),
      )
      printAsIs(['words', ...shown.map(lineOf)].join('\n'))
    })
}

async function candidatesOf({ place, word, given }: CompletedLine): Promise<readonly Candidate[]> {
  if (place.kind === 'words') return place.candidates
  if (place.kind !== 'value') return []
  if (place.choices.length > 0) return place.choices.map((value) => ({ value, meaning: '' }))
  const home = given.get('home')
  const options = home === undefined ? {} : { home }
  const ask = () => daemonClient(options, PATIENCE_MS)
  const { backups } = homeOf(options)
  return knownValues(place.name, word, ask, { account: given.get('sa'), backups })
}

function lineOf({ value, meaning }: Candidate): string {
  const text = cutText(printable(meaning.replaceAll(/\s+/gu, ' ')), MEANING_LENGTH)
  return text === '' ? value : `${value}\t${text}`
}
