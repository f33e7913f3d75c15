import type { Command } from 'commander'
import { addGatewayServe } from './gateway-serve.ts'

export function addGateway(program: Command): void {
  const gateway = program
    .command('gateway')
    .description('run the gateway yourself, without Cloudflare')
    .helpCommand(false)
  addGatewayServe(gateway)
}
