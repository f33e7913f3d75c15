import { errorEvent } from '../../protocol/events/event-text.ts'
import type { Refusal } from './refusal.ts'

/** A refusal as the last event of a stream that has begun already. */
export function finalEvent({ code, message, try: next }: Refusal): string {
  return errorEvent(JSON.stringify({ object: 'error', code, message, try: next, hop: 'gateway' }))
}
