import { runAppender, runDownloader, runReader, runUploader } from './clients.ts'
import type { PublicSide } from '../public-side.ts'
import { startSubscriber, type Subscriber } from './subscriber.ts'
import { startWebSocketSubscriber } from './websocket-subscriber.ts'

/** The steady load of a run. */
export interface Load {
  readonly subscribers: readonly Subscriber[]
  /** Requests and streams that are open now. */
  underWay(): number
  /** Bodies of which a good part has come, and not all. */
  longBodies(): number
  /** Resolves when every client but the subscribers has finished what it had begun. */
  readonly finished: Promise<unknown>
}

export function startLoad(side: PublicSide): Load {
  const subscribers = [
    startSubscriber(side, { name: 'follower-1' }),
    startSubscriber(side, { name: 'follower-2', thread: 'th_chaos_1' }),
    startSubscriber(side, { name: 'follower-3', thread: 'th_chaos_2' }),
    startSubscriber(side, { name: 'restless', thread: 'th_chaos_1', leavesEachMs: 900 }),
    startWebSocketSubscriber(side, { name: 'socket-1' }),
    startWebSocketSubscriber(side, { name: 'socket-2', thread: 'th_chaos_2' }),
  ]
  const finished = Promise.all([
    runAppender(side, 'appender-1'),
    runAppender(side, 'appender-2'),
    runUploader(side, 'uploader'),
    runReader(side, 'reader-1'),
    runReader(side, 'reader-2'),
    runDownloader(side, 'downloader'),
  ])
  // Awaited at the end of the run; a failure before that is not unhandled.
  finished.catch(() => {})
  return {
    subscribers,
    finished,
    longBodies: () => side.traffic.longBodies ?? 0,
    underWay: () =>
      side.traffic.underWay + subscribers.filter(({ subscription }) => subscription.open).length,
  }
}
