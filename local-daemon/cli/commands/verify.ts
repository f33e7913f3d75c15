import { Option, type Command } from 'commander'
import { EXIT_CODE } from '../exit-code.ts'
import { type GlobalOptions, homeOf, optionsOf } from '../global-options.ts'
import { examples } from '../help-examples.ts'
import { noteHomeOnly } from '../home-only.ts'
import { note, print, printJson } from '../output.ts'
import { parseStore } from '../serve/parse-store.ts'
import { readRunningFile } from '../serve/running-file.ts'
import { verified } from '../verify/verified.ts'

interface VerifyFlags extends GlobalOptions {
  readonly store?: string
}

export function addVerify(program: Command): void {
  program
    .command('verify')
    .description('check the whole store: file, ids, signatures, tables; the daemon may run')
    .addOption(
      new Option('--store <file>', 'another database than the one of the home').argParser(
        parseStore,
      ),
    )
    .addHelpText(
      'after',
      examples(
        ['spl verify', 'exit code 0 if everything is what was written, else 1'],
        ['spl verify --json | jq .findings', 'for scripts'],
      ),
    )
    .action((_options: unknown, command: Command) => verify(optionsOf<VerifyFlags>(command)))
}

async function verify(options: VerifyFlags): Promise<void> {
  const home = homeOf(options)
  noteHomeOnly('spl verify', options)
  const path = options.store ?? readRunningFile(home)?.store ?? home.database
  const result = await verified(home, path, options)
  const status = result.count === 0 ? 'ok' : 'damaged'
  if (options.json) printJson({ object: 'verification', status, store: path, ...result })
  else {
    for (const { message } of result.findings) print(message)
    if (status === 'ok') print(`${result.records} records, and all of them are what was written`)
    else {
      note(`error: ${result.count} findings in ${path} [STORE_DAMAGED]`)
      note('try: spl serve --stop, then put back a copy of the store with its -wal')
    }
  }
  if (status !== 'ok') process.exitCode = EXIT_CODE.failed
}
