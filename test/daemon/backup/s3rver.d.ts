/** The package has no types: what the tests use of it. */
declare module '@20minutes/s3rver' {
  import type { AddressInfo } from 'node:net'

  /** As far as a middleware of koa needs it. */
  export interface Passage {
    readonly method: string
    readonly path: string
    readonly query: Readonly<Record<string, string>>
    status: number
  }

  export default class S3rver {
    /** Of koa. */
    readonly middleware: ((passage: Passage, next: () => Promise<void>) => Promise<void>)[]
    constructor(options: Readonly<Record<string, unknown>>)
    run(): Promise<AddressInfo>
    close(): Promise<void>
  }
}
