import type { Command } from 'commander'
import { noteHomeOnly } from '../client/home-only.ts'
import { type GlobalOptions, homeOf, optionsOf } from '../global-options.ts'
import { examples } from '../help/examples.ts'
import { note, print, printJson } from '../output/output.ts'
import { newSecretFile } from '../output/secret/secret-file.ts'
import { fields } from '../output/table.ts'
import { readPassphrase } from './read-passphrase.ts'

interface BackupOptions extends GlobalOptions {
  readonly out: string
  readonly passphraseFile?: string
}

export function addIdentityBackup(identity: Command): void {
  identity
    .command('backup')
    .description('write the keys of this home to a file, encrypted with a passphrase')
    .option('-o, --out <file>', 'a new file (mode 0600)', 'spl-keys.age')
    .option('--passphrase-file <file>', 'read the passphrase from its first line; /dev/fd/3')
    .addHelpText(
      'after',
      `${examples(
        ['spl identity backup -o keys.age', 'asks for the passphrase, twice'],
        ['spl identity backup --passphrase-file words.txt', 'for scripts'],
      )}

Keep the file away from this machine, and the passphrase away from the file.
Backups of the store do not hold the keys, and are of no use without them.
The age command decrypts the file too: age -d keys.age
`,
    )
    .action((_options: unknown, command: Command) => backup(optionsOf<BackupOptions>(command)))
}

async function backup(options: BackupOptions): Promise<void> {
  noteHomeOnly('spl identity backup', options)
  const { sealKeys } = await import('../../backup/keys/seal-keys.ts')
  const { noteKeysBackup } = await import('../../backup/keys/keys-note.ts')
  const home = homeOf(options)
  const sink = await newSecretFile(options.out)
  let delivered = false
  try {
    const passphrase = await readPassphrase(options.passphraseFile, true)
    const now = new Date()
    const { did, files, text } = await sealKeys(home, passphrase, now)
    await sink.deliver(text)
    delivered = true
    noteKeysBackup(home, { did, at: now.toISOString() })
    if (options.json) return printJson({ object: 'identity_backup', did, files, file: options.out })
    print(
      fields([
        ['Identity', did],
        ['Files', files.join(', ')],
        ['Written to', options.out],
      ]).trimEnd(),
    )
    note('keep it away from this machine, and the passphrase away from it')
  } finally {
    if (!delivered) await sink.discard()
  }
}
