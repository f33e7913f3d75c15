import type { Edge } from '../client/answers.ts'

/** Whether the gateway has a change, for people; undefined without a gateway. */
export function gatewayText({ state }: Edge): string | undefined {
  if (state === 'none') return undefined
  return state === 'pending' ? 'pending, not connected' : 'applied'
}
