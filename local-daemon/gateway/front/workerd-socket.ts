import { Socket } from 'node:net'

/** Where workerd listens: a Unix socket, or a port of loopback where there are none (Windows). */
export type WorkerdAddress =
  | { readonly path: string }
  | { readonly host: string; readonly port: number }

/**
 * A connection to workerd that survives the end of its writing side. workerd answers a refused upload and closes; Node's
 * own socket would then fail with the next write and lose the answer. Here, what cannot be written is dropped, and
 * reading continues to the end.
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
