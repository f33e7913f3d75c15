import type { FrontLimits } from './front-limits.ts'
import type { UnfinishedMessages } from './unfinished-messages.ts'
import type { WorkerdSocket } from './workerd-socket.ts'

/** What the front gives to a client's connection. */
export interface ConnectionParts {
  readonly limits: FrontLimits
  /** Lines that every request's head gets, each with its CRLF. */
  readonly own: string
  /** A connection to workerd, which may be starting; rejects if it takes too long. */
  readonly dial: () => Promise<WorkerdSocket>
  /** The first whole head has come: the connection may no longer be shed. */
  readonly onRequest: () => void
  /** Where its WebSocket's unfinished message is counted, and under which address. */
  readonly messages: UnfinishedMessages
  readonly address: string | undefined
  /** Called with the code of each refusal, the Worker's and the front's own. */
  readonly onRefusal: (code: string) => unknown
  /** The client speaks HTTP/1.0: from now on its connection's end is its answer's, and a cut has to be a reset. */
  readonly onOld: () => unknown
  /** Ends the client's TCP connection with a reset, also below TLS, so that it cannot look like an answer's end. */
  readonly reset: () => unknown
}
