import manifest from '../../package.json' with { type: 'json' }

/** The version of `spl`, as /health and the CLI tell it. */
export const VERSION: string = manifest.version
