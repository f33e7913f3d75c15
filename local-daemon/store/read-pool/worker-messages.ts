import type { ReadJob } from './read-job.ts'

/** What a thread gets. */
export interface JobMessage {
  readonly job: ReadJob
  /** The database file. */
  readonly path: string
  /** Of the store that is open: the file must be the same. */
  readonly epoch: string
  /** Time for it, milliseconds. */
  readonly ms: number
  /** One number: 1 once nobody waits for it any more. */
  readonly stop: SharedArrayBuffer
}

/** What it says once the file is open: the time for the job runs from here. */
export interface JobBegun {
  readonly kind: 'begun'
}

/** What it answers. */
export type JobAnswer =
  | { readonly kind: 'done'; readonly result: unknown }
  | { readonly kind: 'stopped' | 'too-slow' | 'not-started' }
  /** `code`: SQLite’s own, if the error is SQLite’s. */
  | { readonly kind: 'failed'; readonly message: string; readonly code: string | undefined }
