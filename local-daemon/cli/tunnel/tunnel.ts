import type { Command } from 'commander'
import { examples } from '../help/examples.ts'
import { addTunnelLog } from './log.ts'
import { addTunnelStatus } from './status.ts'

export function addTunnel(program: Command): void {
  const tunnel = program
    .command('tunnel')
    .description('show the link to the gateway and the requests through it')
    .helpCommand(false)
    .addHelpText(
      'after',
      examples(
        ['spl tunnel status', 'is it connected?'],
        ['spl tunnel log -f', 'follow the requests'],
      ),
    )
  addTunnelStatus(tunnel)
  addTunnelLog(tunnel)
}
