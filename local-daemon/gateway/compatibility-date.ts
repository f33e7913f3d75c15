/** The Workers runtime's behaviour that is asked for: the same in wrangler.toml, whoever runs the Worker. */
export const COMPATIBILITY_DATE = '2026-11-17'
