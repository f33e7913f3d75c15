import { deliverSecret } from '../output/secret/deliver-secret.ts'
import { homeAt } from '../../home/home.ts'
import { readBearer } from '../client/read-bearer.ts'
import { socketClient } from '../client/daemon-client.ts'
import { jsonText, print, printOnce } from '../output/output.ts'
import { banner } from './ready-report.ts'
import type { ReadyReport } from '../client/ready-report.ts'

/**
 * Shows that a daemon serves. On the first start of a home the admin's bearer is in it, once: if nobody can read it, it is
 * ended.
 *
 * @throws CliError SECRET_NOT_WRITTEN
 */
export async function showReady(report: ReadyReport, json: boolean): Promise<void> {
  const text = json ? jsonText(report) : banner(report)
  if (report.admin_bearer === undefined) return print(text)
  const parts = await readBearer(report.admin_bearer)
  await deliverSecret({ place: null, deliver: printOnce }, text, {
    takeBack: () =>
      socketClient(homeAt(report.home)).delete(`/v1/tokens/${parts?.token_id ?? ''}?force=true`),
    again: `the account exists; with the daemon running, on this machine: spl token create --sa ${parts?.service_account_id}`,
  })
}
