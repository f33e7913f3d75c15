/** The compatibility date of the Workers runtime, the same as in wrangler.toml. */
export const COMPATIBILITY_DATE = '2026-11-17'
