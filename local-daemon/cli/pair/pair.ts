import type { Command } from 'commander'
import { closest } from '../../../protocol/http/closest.ts'
import { addPairCancel } from './cancel.ts'
import { addPairDevice } from './device.ts'
import { addPairInvites } from './invites.ts'
import { addPairRedeem } from './redeem.ts'

/**
 * `spl pair` and `spl pair redeem` share names of options, and commander would give a parent's options to the parent
 * alone. So the pairing itself is a subcommand without a name of its own, which also answers `--help`.
 */
export function addPair(program: Command): void {
  const pair = program
    .command('pair')
    .description('give a phone or browser its own account: link, QR code, text')
    .helpCommand(false)
  addPairDevice(pair)
  addPairRedeem(pair)
  addPairInvites(pair)
  addPairCancel(pair)
  // A word that is none of them would be told that options are missing.
  pair.hook('preSubcommand', (_pair, chosen) => {
    const [word] = pair.args
    if (chosen.name() !== 'device' || word === undefined || word.startsWith('-')) return
    const guess = closest(word, ['redeem', 'invites', 'cancel'])
    const hint = guess === undefined ? '' : `\n(Did you mean ${guess}?)`
    pair.error(`error: unknown command '${word}'${hint}`, { code: 'commander.unknownCommand' })
  })
  // Last: a command made after it would inherit it.
  pair.helpOption(false)
}
