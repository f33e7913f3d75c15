/** What the registry may ask of the object that holds a home, beside what is relayed to it (`relayed.ts`). */
export interface HomeObject extends Rpc.DurableObjectBranded {
  /** Whether the home is connected, and has greeted. */
  isConnected(): boolean
  /** Ends what is open, and refuses whatever comes from now on. May be called again. */
  endForGood(): void
}
