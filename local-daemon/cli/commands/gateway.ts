import type { Command } from 'commander'
import { examples } from '../help-examples.ts'
import { addGatewayServe } from './gateway-serve.ts'

export function addGateway(program: Command): void {
  const gateway = program
    .command('gateway')
    .description('run the gateway yourself, without Cloudflare')
    .helpCommand(false)
    .addHelpText(
      'after',
      examples(['spl gateway serve --self-signed', 'on this machine, to try it']),
    )
  addGatewayServe(gateway)
}
