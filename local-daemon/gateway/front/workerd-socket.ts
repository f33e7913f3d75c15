import { Socket } from 'node:net'

/** Where workerd listens: a Unix socket, or a port of loopback where there are none (Windows). */
export type WorkerdAddress =
  | { readonly path: string }
  | { readonly host: string; readonly port: number }

/**
 * A connection to workerd that outlives its writing side. workerd answers a refused upload and closes; a socket of Node's
 * own would fail with the next write then, and throw the answer away unread. Here what cannot be written is dropped, and
 * reading goes on to the end.
 */
export class WorkerdSocket extends Socket {
  constructor() {
    super({ allowHalfOpen: true })
  }

  override _write(
    chunk: unknown,
    encoding: BufferEncoding,
    done: (error?: Error | null) => void,
  ): void {
    super._write(chunk, encoding, () => done())
  }

  override _writev(
    chunks: { chunk: unknown; encoding: BufferEncoding }[],
    done: (error?: Error | null) => void,
  ): void {
    super._writev?.(chunks, () => done())
  }

  override _final(done: (error?: Error | null) => void): void {
    super._final(() => done())
  }
}
