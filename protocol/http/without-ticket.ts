import { pathOf } from './route-access.ts'

/**
 * A target without the tickets in its query, everything else byte for byte: the target of a ticket's stream when it is
 * resumed, at the gateway and at home. The name is found as `URLSearchParams` finds it, percent-encoded or not.
 * @param target path and query, checked by `checkTarget`
 */
export function withoutTicket(target: string): string {
  const path = pathOf(target)
  if (path === target) return target
  const others = target
    .slice(path.length + 1)
    .split('&')
    .filter((part) => nameOf(part) !== 'ticket')
  return others.length === 0 ? path : `${path}?${others.join('&')}`
}

/** A parameter's name. With a character beyond ASCII it is another name in any reading. */
function nameOf(parameter: string): string {
  const [name = ''] = parameter.split('=', 1)
  return name.replaceAll(/%([0-9a-f]{2})/gi, (_all, hex: string) =>
    String.fromCharCode(Number.parseInt(hex, 16)),
  )
}

/** Whether a URL, or a target, has a ticket in its query. Clients that can send a header send a bearer. */
export function showsTicket(url: string): boolean {
  return /[?&]ticket=/.test(url)
}
