import { REGISTRY_PATH } from '../../../../protocol/identity/registry-request.ts'
import type { List } from '../../client/collect-pages.ts'
import type { DaemonClient } from '../../client/daemon-client.ts'
import type { GatewayHostname } from './answers.ts'

/** All hostnames, page by page: there are some hundred at most. */
export async function collectHostnames(client: DaemonClient): Promise<List<GatewayHostname>> {
  const data: GatewayHostname[] = []
  let cursor = ''
  for (;;) {
    const page: List<GatewayHostname> = await client.get(
      `${REGISTRY_PATH}/hostnames?${new URLSearchParams({ cursor })}`,
    )
    data.push(...page.data)
    if (page.next_cursor === null) return { ...page, data }
    cursor = page.next_cursor
  }
}
