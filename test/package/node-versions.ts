/** The oldest Node.js that `engines` allows, and the newest of each long-term line. */
export const NODE_VERSIONS = ['22.14.0', '22.23.3', '24.21.0'] as const
export type NodeVersion = (typeof NODE_VERSIONS)[number]

/** The first and the last of {@link NODE_VERSIONS}: what a home moves between. */
export const OLDEST: NodeVersion = '22.14.0'
export const NEWEST: NodeVersion = '24.21.0'

/** One that is still around and too old for the store. */
export const TOO_OLD = '20.20.2'
