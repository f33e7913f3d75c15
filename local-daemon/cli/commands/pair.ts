import type { Command } from 'commander'
import { addPairCancel } from './pair-cancel.ts'
import { addPairDevice } from './pair-device.ts'
import { addPairInvites } from './pair-invites.ts'
import { addPairRedeem } from './pair-redeem.ts'

/**
 * `spl pair` and `spl pair redeem` share names of options, and commander would give a parent's options to the parent
 * alone. So the pairing itself is a subcommand without a name of its own, which also answers `--help`.
 */
export function addPair(program: Command): void {
  const pair = program
    .command('pair')
    .description('give a phone or browser an account of its own: link, QR code, text')
    .helpCommand(false)
  addPairDevice(pair)
  addPairRedeem(pair)
  addPairInvites(pair)
  addPairCancel(pair)
  // Last: a command made after it would inherit it.
  pair.helpOption(false)
}
