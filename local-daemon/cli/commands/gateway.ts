import type { Command } from 'commander'
import { examples } from '../help-examples.ts'
import { addGatewayDeploy } from './gateway-deploy.ts'
import { addGatewayInit } from './gateway-init.ts'
import { addGatewayInvite } from './gateway-invite.ts'
import { addGatewayJoin } from './gateway-join.ts'
import { addGatewayList } from './gateway-list.ts'
import { addGatewayLogs } from './gateway-logs.ts'
import { addGatewayRemove } from './gateway-remove.ts'
import { addGatewayRevoke } from './gateway-revoke.ts'
import { addGatewayRotateIdentity } from './gateway-rotate-identity.ts'
import { addGatewayServe } from './gateway-serve.ts'
import { addGatewayStatus } from './gateway-status.ts'

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
