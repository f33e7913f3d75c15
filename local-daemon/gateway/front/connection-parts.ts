import type { FrontLimits } from './front-limits.ts'
import type { UnfinishedMessages } from './unfinished-messages.ts'
import type { WorkerdSocket } from './workerd-socket.ts'

/** What a client's connection is given by the front. */
export interface ConnectionParts {
  readonly limits: FrontLimits
  /** Lines that every request's head gets, each with its CRLF. */
  readonly own: string
  /** A connection to workerd, which may be starting; rejects when it does not come in time. */
  readonly dial: () => Promise<WorkerdSocket>
  /** The first whole head has come: the connection is no longer one that may be shed. */
  readonly onRequest: () => void
  /** What its WebSocket's unfinished message counts in, and under. */
  readonly messages: UnfinishedMessages
  readonly address: string | undefined
  /** Told the code of each refusal, the Worker's and the front's own. */
  readonly onRefusal: (code: string) => unknown
  /** The client speaks HTTP/1.0: from now on its connection's end is its answer's, and a cut has to be a reset. */
  readonly onOld: () => unknown
  /** Ends the client's TCP connection with a reset, also below TLS: no end that could pass for an answer's. */
  readonly reset: () => unknown
}
