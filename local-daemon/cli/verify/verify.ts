import { countText } from '../../problem/count-text.ts'
import { Option, type Command } from 'commander'
import { isSamePlace } from '../../home/same-place.ts'
import { EXIT_CODE } from '../exit-code.ts'
import { type GlobalOptions, homeOf, optionsOf } from '../global-options.ts'
import { examples } from '../help/examples.ts'
import { noteHomeOnly } from '../client/home-only.ts'
import { note, noteNext, print, printJson } from '../output/output.ts'
import { parseStore } from '../parse/store.ts'
import { readLastStart, readRunningFile } from '../client/running-file.ts'
import { verified } from './verified.ts'

interface VerifyFlags extends GlobalOptions {
  readonly store?: string
}

export function addVerify(program: Command): void {
  program
    .command('verify')
    .description(
      'check the whole store: file, ids, signatures, tables; the daemon can keep running',
    )
    .addOption(
      new Option('--store <file>', 'another database, for example a backup of this home').argParser(
        parseStore,
      ),
    )
    .addHelpText(
      'after',
      examples(
        ['spl verify', 'exit code 0 if all is intact, otherwise 1'],
        ['spl verify --store ~/backup/hub.db', 'a backup of this home'],
        ['spl verify --json | jq .findings', 'for scripts'],
      ),
    )
    .action((_options: unknown, command: Command) => verify(optionsOf<VerifyFlags>(command)))
}

async function verify(options: VerifyFlags): Promise<void> {
  const home = homeOf(options)
  noteHomeOnly('spl verify', options)
  const own = readRunningFile(home)?.store ?? readLastStart(home)?.store ?? home.database
  const path = options.store ?? own
  const copy = !isSamePlace(path, own)
  const result = await verified(home, path, { ...options, copy })
  const status = result.count === 0 ? 'ok' : 'damaged'
  if (options.json) printJson({ object: 'verification', status, store: path, ...result })
  else {
    for (const { message } of result.findings) print(message)
    if (status === 'ok') print(`${countText(result.records, 'record')}, all intact`)
    else {
      note(`error: ${countText(result.count, 'finding')} in ${path} [STORE_DAMAGED]`)
      noteNext(
        'try',
        copy
          ? 'use another backup: this one is damaged'
          : 'spl serve --stop, then put back a copy of the store with its -wal',
      )
    }
  }
  if (status !== 'ok') process.exitCode = EXIT_CODE.failed
}
