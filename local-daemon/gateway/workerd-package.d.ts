/** The npm package ships no types: `default` is the path of the binary for this platform. */
declare module 'workerd' {
  const workerd: {
    readonly default: string
    readonly version: string
    readonly compatibilityDate: string
  }
  export = workerd
}
