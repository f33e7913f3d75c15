import { andThen, type MaybePromise } from '../../protocol/maybe-promise.ts'
import { type AddressLimits, addressWait } from './address-limits.ts'
import type { Refusal } from './refusal.ts'
import { tooManyRequests } from './refusals.ts'
import type { Visit } from './visit.ts'

/**
 * The one door of the gateway. Every request is checked here, in this order: the rate of its address, its form, its
 * credential, and without a good one the rate of strangers. So a refusal that needs a key or a look-up is never made for
 * an address that is too fast, and a stranger is told that it is too fast before it is told anything else.
 * Nothing is awaited where nothing must be.
 */
export function enter<Shown extends object, Answer>(
  limits: AddressLimits,
  visit: Visit<Shown, Answer>,
): MaybePromise<Answer> {
  return andThen(addressWait(limits, visit.client), checkForm<Shown, Answer>, limits, visit)
}

function checkForm<Shown extends object, Answer>(
  seconds: number,
  limits: AddressLimits,
  visit: Visit<Shown, Answer>,
): MaybePromise<Answer> {
  if (seconds > 0) return visit.refuse(tooManyRequests(seconds))
  const fault = visit.formFault()
  if (fault !== undefined) return visit.refuse(fault)
  return andThen(visit.credential(), checkShown<Shown, Answer>, limits, visit)
}

function checkShown<Shown extends object, Answer>(
  shown: Shown | Refusal,
  limits: AddressLimits,
  visit: Visit<Shown, Answer>,
): MaybePromise<Answer> {
  if (isRefusal(shown)) {
    const { strangers } = visit
    return andThen(strangers.wait(limits, visit.client), (seconds) =>
      visit.refuse(seconds > 0 ? strangers.tooMany(seconds) : shown),
    )
  }
  const strangers = visit.strangerLimitOf(shown)
  if (strangers === undefined) return visit.admit(shown)
  return andThen(strangers.wait(limits, visit.client), (seconds) =>
    seconds > 0 ? visit.refuse(strangers.tooMany(seconds), shown) : visit.admit(shown),
  )
}

function isRefusal(shown: object): shown is Refusal {
  return 'code' in shown
}
