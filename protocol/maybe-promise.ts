/**
 * A value that is there already, or comes later: most requests wait for nothing, and a promise costs each of them a
 * turn.
 */
export type MaybePromise<Value> = Value | Promise<Value>

/**
 * Goes on with a value: in the same turn if it is there, else once it comes. What `step` needs beside it is handed
 * through as `first` and `second`, so that nothing has to be made for a request that waits for nothing.
 */
export function andThen<Value, Result, First = undefined, Second = undefined>(
  value: MaybePromise<Value>,
  step: (value: Value, first: First, second: Second) => MaybePromise<Result>,
  first?: First,
  second?: Second,
): MaybePromise<Result>
export function andThen<Value, Result, First, Second>(
  value: MaybePromise<Value>,
  step: (value: Value, first: First, second: Second) => MaybePromise<Result>,
  first: First,
  second: Second,
): MaybePromise<Result> {
  return value instanceof Promise
    ? value.then((there) => step(there, first, second))
    : step(value, first, second)
}
