/**
 * What people look for and there is no command for, by the line up to that word. A guess by letters would send them to another one that
 * does something else.
 */
const MISSING: Readonly<Record<string, string>> = {
  'spl namespace rename':
    'a namespace keeps its name: spl namespace create <new>, then spl namespace archive <old>',
  'spl namespace delete': 'nothing is deleted: spl namespace archive <name> takes no more records',
  'spl namespace remove': 'nothing is deleted: spl namespace archive <name> takes no more records',
  'spl namespace rm': 'nothing is deleted: spl namespace archive <name> takes no more records',
  'spl thread follow': 'events do: curl -N "<url>/v1/sync/subscribe?thread=<id>"; docs/http-api.md',
  'spl thread tail': 'events do: curl -N "<url>/v1/sync/subscribe?thread=<id>"; docs/http-api.md',
  'spl thread watch': 'events do: curl -N "<url>/v1/sync/subscribe?thread=<id>"; docs/http-api.md',
}

const TEXT = 'put the text in quotes: '

/** The same for words too many. */
const TOO_MANY: Readonly<Record<string, string>> = {
  'spl export': 'name the file with -o: spl export -o records.ndjson',
  'spl intend': `${TEXT}spl intend "make tea"`,
  'spl do': `${TEXT}spl do "boiled water" --thread <id>`,
  'spl know': `${TEXT}spl know "the pot is hot" --thread <id>`,
  'spl learn': `${TEXT}spl learn "green tea wants 80 °C" --thread <id>`,
}

/** @param command such as `spl namespace` @param word the one that is no command */
export function insteadOf(command: string, word: string): string | undefined {
  return MISSING[`${command} ${word}`]
}

/** @param command such as `spl export` */
export function insteadOfWords(command: string): string | undefined {
  return TOO_MANY[command]
}
