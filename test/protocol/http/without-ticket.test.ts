import { expect, test } from 'vitest'
import { withoutTicket } from '../../../protocol/http/without-ticket.ts'

test.each([
  ['/v1/sync/subscribe', '/v1/sync/subscribe'],
  ['/v1/sync/subscribe?ticket=spt_x', '/v1/sync/subscribe'],
  [
    '/v1/sync/subscribe?thread=th_a&ticket=spt_x&since=now',
    '/v1/sync/subscribe?thread=th_a&since=now',
  ],
  ['/s?ticket', '/s'],
  ['/s?ticket=a&x=1&ticket=b', '/s?x=1'],
  ['/s?%74icke%74=spt_x&x=%74icket', '/s?x=%74icket'],
  // What is no ticket stays, byte for byte.
  ['/s?', '/s?'],
  ['/s?a=%2f&&b=+', '/s?a=%2f&&b=+'],
  ['/s?Ticket=x', '/s?Ticket=x'],
  ['/s?tickets=x&?ticket=x', '/s?tickets=x&?ticket=x'],
  ['/s?ticke%c1%b4=x', '/s?ticke%c1%b4=x'],
  ['/s?%ticket=x', '/s?%ticket=x'],
])('%s is asked for again as %s', (target, again) => {
  expect(withoutTicket(target)).toBe(again)
  const question = target.indexOf('?') + 1
  const tickets = new URLSearchParams(target.slice(question)).getAll('ticket')
  expect(again === target).toBe(question === 0 || tickets.length === 0)
})
