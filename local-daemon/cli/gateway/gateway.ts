import type { Command } from 'commander'
import { examples } from '../help/examples.ts'
import { addGatewayDeploy } from './deploy.ts'
import { addGatewayInit } from './init.ts'
import { addGatewayInvite } from './invite.ts'
import { addGatewayJoin } from './join.ts'
import { addGatewayList } from './list.ts'
import { addGatewayLogs } from './logs.ts'
import { addGatewayRemove } from './remove.ts'
import { addGatewayRevoke } from './revoke.ts'
import { addGatewayRotateIdentity } from './rotate-identity.ts'
import { addGatewayServe } from './serve.ts'
import { addGatewayStatus } from './status.ts'

export function addGateway(program: Command): void {
  const gateway = program
    .command('gateway')
    .description('the public side: on Cloudflare, or on your own server')
    .helpCommand(false)
    .addHelpText(
      'after',
      examples(
        ['spl gateway init && spl gateway deploy', 'on Cloudflare'],
        ['spl gateway serve --self-signed', 'on this machine, to try it'],
        ['spl gateway status', 'does the public hostname lead here?'],
      ),
    )
  addGatewayInit(gateway)
  addGatewayDeploy(gateway)
  addGatewayServe(gateway)
  addGatewayStatus(gateway)
  addGatewayLogs(gateway)
  addGatewayRotateIdentity(gateway)
  addGatewayRemove(gateway)
  addGatewayInvite(gateway)
  addGatewayJoin(gateway)
  addGatewayList(gateway)
  addGatewayRevoke(gateway)
}
