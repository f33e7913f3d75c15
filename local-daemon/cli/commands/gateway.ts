import type { Command } from 'commander'
import { addGatewayDeploy } from './gateway-deploy.ts'
import { addGatewayInit } from './gateway-init.ts'
import { addGatewayServe } from './gateway-serve.ts'

export function addGateway(program: Command): void {
  const gateway = program
    .command('gateway')
    .description('the public side: on Cloudflare, or on your own server')
    .helpCommand(false)
  addGatewayInit(gateway)
  addGatewayDeploy(gateway)
  addGatewayServe(gateway)
}
