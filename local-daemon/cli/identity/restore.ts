import type { Command } from 'commander'
import { noteHomeOnly } from '../client/home-only.ts'
import { type GlobalOptions, homeOf, optionsOf } from '../global-options.ts'
import { examples } from '../help/examples.ts'
import { note, print, printJson } from '../output/output.ts'
import { fields } from '../output/table.ts'
import { readPassphrase } from './read-passphrase.ts'
import { parseId } from '../parse/id.ts'

interface RestoreOptions extends GlobalOptions {
  readonly force?: boolean
  readonly passphraseFile?: string
}

export function addIdentityRestore(identity: Command): void {
  identity
    .command('restore')
    .description('put the keys of a file back; the daemon must be stopped')
    .argument('<file>', 'what spl identity backup wrote', parseId)
    .option('--force', 'set the keys of another identity aside')
    .option('--passphrase-file <file>', 'read the passphrase from its first line; /dev/fd/3')
    .addHelpText(
      'after',
      `${examples(
        ['spl identity restore keys.age', 'asks for the passphrase'],
        ['spl identity restore keys.age --home /srv/spl', 'into another home'],
      )}

Run one daemon with an identity, not two: the gateway serves only one of them,
and each gets records of its own under the same name. Stop the old machine for
good before you start this one.
`,
    )
    .action((file: string, _options: unknown, command: Command) =>
      restore(file, optionsOf<RestoreOptions>(command)),
    )
}

async function restore(file: string, options: RestoreOptions): Promise<void> {
  noteHomeOnly('spl identity restore', options)
  const { openKeys, restoreKeys } = await import('../../backup/keys/restore-keys.ts')
  const { noteKeysBackup } = await import('../../backup/keys/keys-note.ts')
  const home = homeOf(options)
  const keys = await openKeys(file, await readPassphrase(options.passphraseFile, false))
  const restored = restoreKeys(home, keys, options.force === true)
  noteKeysBackup(home, { did: restored.did, at: restored.made_at })
  if (options.json) return printJson({ object: 'identity_restoration', ...restored })
  print(
    fields([
      ['Identity', restored.did],
      ['Backed up', restored.made_at],
      ['Files', restored.files.join(', ')],
      ['Set aside', restored.aside ?? undefined],
    ]).trimEnd(),
  )
  note('run no second daemon with this identity; the records are restored apart: spl restore')
}
