import { EventStreamAnswer } from '../../../local-daemon/http/streams/event-stream-answer.ts'
import { PageMemory } from '../../../local-daemon/http/answers/page-memory.ts'
import { SubscriptionPieces } from '../../../local-daemon/http/streams/subscription-pieces.ts'
import type { Subscription } from '../../../local-daemon/http/streams/subscription.ts'
import type { AcceptedWebSocket, TunnelApp } from '../../../local-daemon/tunnel/tunnel-app.ts'
import type { Random } from '../../support/random.ts'

/** How an answer of the app goes wrong, each at a step of its life that chance decides. */
export const APP_FAULTS = [
  'none',
  'throws',
  'rejects',
  'never answers',
  'body fails',
  'body hangs',
  'body is no bytes',
  'body is shorter than it says',
  'body is read by somebody else',
  'body fails at its end',
  'body fails when it is given up',
  'upload is given up',
  'upload fails its reader',
  'events fail',
  'events fail at their end',
  'socket refused',
  'socket fails at its start',
  'socket fails at a message',
  'socket fails at its end',
  'socket fails when it has room',
  'socket closes with a bad code',
] as const

export type AppFault = (typeof APP_FAULTS)[number]

/** What the app still holds for a request: nothing may be left when its stream is over. */
export interface AppHold {
  readonly fault: AppFault
  told: boolean
}

const PIECE = new Uint8Array(20_000).fill(0x61)

/** An app whose answer to `/<fault>/<id>` goes wrong in that way. @param holds who has been told that it is over, by id */
export function injectedApp(random: Random, holds: Map<string, AppHold>): TunnelApp {
  const bug = (where: string) => new Error(`injected: ${where}`)

  function hold(request: Request): { readonly fault: AppFault; readonly held: AppHold } {
    const [, fault = '', id = ''] = new URL(request.url).pathname.split('/')
    const known = decodeURIComponent(fault) as AppFault
    const held: AppHold = { fault: known, told: false }
    holds.set(id, held)
    request.signal.addEventListener('abort', () => (held.told = true))
    return { fault: known, held }
  }

  function body(
    held: AppHold,
    pieces: number,
    last: 'end' | 'fail' | 'hang' | 'text',
    failsToEnd = false,
  ) {
    let sent = 0
    return new ReadableStream<Uint8Array<ArrayBuffer>>(
      {
        async pull(controller) {
          if (random.next() < 0.3) await new Promise((resolve) => setImmediate(resolve))
          if (sent < pieces) {
            sent += 1
            return controller.enqueue(PIECE)
          }
          if (last === 'hang') return new Promise(() => {})
          held.told = true
          if (last === 'fail') throw bug('body')
          if (last === 'text') return controller.enqueue('text' as never)
          controller.close()
        },
        cancel() {
          held.told = true
          if (failsToEnd) throw bug('cancel')
        },
      },
      { highWaterMark: 0 },
    )
  }

  function subscription(held: AppHold, failsAtEnd: boolean): Subscription {
    const until = random.whole(1, 5)
    let taken = 0
    const fake = {
      ended: undefined,
      caughtUp: true,
      view: '',
      whenEnded() {},
      handOver() {},
      follow: () => () => {},
      take() {
        taken += 1
        if (taken > until && !failsAtEnd) throw bug('take')
        return taken < 3 ? ': tea\n' : undefined
      },
      changed: async (ms: number) => {
        await new Promise((resolve) => setTimeout(resolve, Math.min(ms, 2)))
        return taken <= until
      },
      close() {
        held.told = true
        if (failsAtEnd) throw bug('close')
      },
    }
    return fake as unknown as Subscription
  }

  return {
    fetch(request) {
      const { fault, held } = hold(request)
      const pieces = random.whole(0, 12)
      switch (fault) {
        case 'throws':
          held.told = true
          throw bug('fetch')
        case 'rejects':
          held.told = true
          return Promise.reject(bug('fetch'))
        case 'never answers':
          return new Promise(() => {})
        case 'body fails':
          return new Response(body(held, pieces, 'fail'))
        case 'body hangs':
          return new Response(body(held, pieces, 'hang'))
        case 'body is no bytes':
          return new Response(body(held, pieces, 'text'))
        case 'body is shorter than it says':
          return new Response(body(held, 3, 'end'), { headers: { 'content-length': '99999' } })
        case 'body is read by somebody else': {
          const response = new Response(body(held, pieces, 'end'))
          held.told = true
          response.body?.getReader()
          return response
        }
        case 'body fails at its end':
          return new Response(body(held, random.whole(8, 20), 'fail'))
        case 'body fails when it is given up':
          return new Response(body(held, 50, 'hang', true))
        case 'upload is given up':
          held.told = true
          return request.body === null
            ? new Response('none')
            : request.body.cancel().then(() => new Response('given up'))
        case 'upload fails its reader':
          held.told = true
          return request.text().then((text) => new Response(String(text.length)))
        case 'events fail':
        case 'events fail at their end':
          return eventAnswer(subscription(held, fault !== 'events fail'))
        default:
          return new Response(body(held, pieces, 'end'))
      }
    },
    upgrade(request): Promise<AcceptedWebSocket | Response> {
      const { fault, held } = hold(request)
      if (fault === 'socket refused') {
        held.told = true
        return random.next() < 0.5
          ? Promise.reject(bug('upgrade'))
          : Promise.resolve(new Response('no', { status: 403 }))
      }
      return Promise.resolve({
        start(peer) {
          if (fault === 'socket fails at its start') {
            held.told = true
            throw bug('start')
          }
          for (let count = random.whole(0, 20); count > 0; count -= 1) peer.send(PIECE)
          return {
            message(message) {
              if (fault === 'socket fails at a message') throw bug('message')
              if (fault === 'socket closes with a bad code') peer.close(1006, '')
              peer.send(message)
            },
            closed() {
              held.told = true
              if (fault === 'socket fails at its end') throw bug('closed')
            },
            drained() {
              if (fault === 'socket fails when it has room') throw bug('drained')
            },
          }
        },
      })
    },
  }
}

function eventAnswer(events: Subscription): EventStreamAnswer {
  return new EventStreamAnswer(
    events,
    new SubscriptionPieces(events, new PageMemory(), 'test'),
    {},
    undefined,
  )
}
