import { spawn } from 'node:child_process'
import { installedGatewayScope } from '../../../service/gateway-service.ts'
import { GATEWAY_SERVICE } from '../../../service/gateway-unit.ts'
import { CliError } from '../../cli-error.ts'
import { untilSignal } from '../../signals/until-signal.ts'

/**
 * Shows the journal of the gateway's service. The gateway keeps no log file of its own: in a terminal its lines are there,
 * and as a service the journal has them, rotated and bounded.
 *
 * @throws CliError SERVICE_MISSING, JOURNAL_FAILED
 */
export async function followServiceLog(follow: boolean): Promise<void> {
  const scope = installedGatewayScope()
  if (scope === undefined) {
    throw new CliError(
      'SERVICE_MISSING',
      'no gateway is installed as a service here; a gateway in a terminal prints its log there',
      'spl gateway serve --install-service; or for a gateway at Cloudflare: spl gateway logs <dir>',
    )
  }
  const unit = scope === 'user' ? ['--user', '-u', GATEWAY_SERVICE] : ['-u', GATEWAY_SERVICE]
  const child = spawn(
    'journalctl',
    [...unit, '--no-pager', '-n', '100', ...(follow ? ['-f'] : [])],
    {
      stdio: ['ignore', 'inherit', 'inherit'],
    },
  )
  const ended = new Promise<string | undefined>((resolve) => {
    child.once('error', (error) => resolve(error.message))
    child.once('close', (code) => resolve(code === 0 ? undefined : `status ${code}`))
  })
  const failed = await Promise.race([ended, untilSignal().then(() => undefined)])
  child.kill('SIGTERM')
  if (failed === undefined) return
  throw new CliError(
    'JOURNAL_FAILED',
    `journalctl failed: ${failed}`,
    `run journalctl -u ${GATEWAY_SERVICE} as root, or join the group systemd-journal`,
  )
}
