/** Observes what a reader was given. */
export interface SubscriptionObserver {
  took(bytes: number): void
  /** @param left the reader has left; otherwise the feed was at its end */
  ended(left: boolean): void
}
