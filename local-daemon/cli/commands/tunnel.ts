import type { Command } from 'commander'
import { addTunnelLog } from './tunnel-log.ts'
import { addTunnelStatus } from './tunnel-status.ts'

export function addTunnel(program: Command): void {
  const tunnel = program
    .command('tunnel')
    .description('look at the link to the gateway, and at what comes through it')
    .helpCommand(false)
  addTunnelStatus(tunnel)
  addTunnelLog(tunnel)
}
