import type { Command } from 'commander'
import { type GlobalOptions, optionsOf } from '../global-options.ts'
import { examples } from '../help/examples.ts'
import { note, print, printJson } from '../output/output.ts'
import { newSecretFile } from '../output/secret/secret-file.ts'

interface KeygenOptions extends GlobalOptions {
  readonly out: string
}

export function addBackupKeygen(backup: Command): void {
  backup
    .command('keygen')
    .description('make a key of age: backups elsewhere are encrypted to its recipient')
    .option('-o, --out <file>', 'a new file for the identity (mode 0600)', 'spl-backup-key.txt')
    .addHelpText(
      'after',
      `${examples(
        ['spl backup keygen -o key.txt', 'prints the recipient, age1…'],
        ['spl config set backup_recipients age1…', 'encrypt to it from now on'],
      )}

Keep the file on another machine or on paper: the daemon does not need it, and
without it nobody can read the backups. age-keygen makes such a file too.
`,
    )
    .action((_options: unknown, command: Command) => keygen(optionsOf<KeygenOptions>(command)))
}

async function keygen({ out, json }: KeygenOptions): Promise<void> {
  const { identityFileText, makeAgePair } = await import('../../backup/seal/age-keys.ts')
  const sink = await newSecretFile(out)
  const pair = await makeAgePair()
  await sink.deliver(identityFileText(pair, new Date()).trimEnd())
  const { recipient } = pair
  if (json) return printJson({ object: 'backup_key', recipient, file: out })
  print(recipient)
  note(`the identity is in ${out}: move it away from this machine, and do not lose it`)
}
