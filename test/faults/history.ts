/** What the clients of a run saw, as the checkers read it. */
export interface History {
  /** By Idempotency-Key. */
  readonly appends: Map<string, Append>
  readonly bodies: TakenBody[]
  readonly subscriptions: Subscription[]
  /** Answers that no fault explains. */
  readonly surprises: string[]
}

/** One record that somebody wanted in the store, once. */
export interface Append {
  readonly key: string
  readonly thread: string
  /** Requests that were sent for it. */
  tries: number
  /** Ids of all answers that said that it is there: one, whatever happened. */
  readonly acknowledged: Set<string>
}

/** A body that a client took for whole: its connection ended, or its length was reached, without an error. */
export type TakenBody = Readonly<{ path: string; bytes: number; sha256: string }> &
  (
    | { readonly kind: 'record'; readonly id: string }
    | {
        readonly kind: 'list'
        readonly form: 'flat' | 'sync'
        /** Sequence number from which on it was asked for. */
        readonly after: number
        readonly thread: string | undefined
        /** What its last words say; undefined: it is not whole JSON. */
        readonly end: { readonly upTo: string; readonly more: boolean } | undefined
      }
  )

export interface SeenRecord {
  /** Of the cursor that is the event's id. */
  readonly seq: number
  readonly id: string
  /** Of the event's data. */
  readonly sha256: string
}

/** One subscriber's whole life, over all of its connections. */
export interface Subscription {
  readonly name: string
  readonly thread: string | undefined
  /** Sequence number after which it began. */
  readonly after: number
  readonly records: SeenRecord[]
  /** Streams that it opened because the one before had ended or broken. */
  reconnects: number
  /** Streams that it left by its own will, to resume. */
  left: number
  open: boolean
}

export function aHistory(): History {
  return { appends: new Map(), bodies: [], subscriptions: [], surprises: [] }
}
