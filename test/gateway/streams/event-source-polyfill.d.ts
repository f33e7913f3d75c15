/** The part of `event-source-polyfill` that is used here; it comes without types. */
declare module 'event-source-polyfill' {
  class EventSourcePolyfill {
    constructor(url: string, options?: { headers?: Readonly<Record<string, string>> })
    readonly readyState: number
    addEventListener(name: string, listener: (event: { readonly data?: string }) => void): void
    close(): void
  }
  const library: { readonly EventSourcePolyfill: typeof EventSourcePolyfill }
  export default library
}
