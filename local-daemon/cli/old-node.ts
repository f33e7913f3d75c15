/** The Node-API that better-sqlite3 is built for. Node.js has it since 22.14.0 and 23.6.0. */
const NODE_API = 10

/**
 * What to say on a Node.js too old for the store, in the form of every error; undefined on a good one.
 * Without this the process would end in a segmentation fault (docs/decisions/009). Imports nothing, so
 * that it can be asked before anything that an old Node.js does not understand is loaded.
 */
export function refuseOldNode(versions: NodeJS.ProcessVersions): string | undefined {
  if (Number(versions['napi']) >= NODE_API) return undefined
  return (
    `error: spl needs Node.js 22.14, 23.6 or newer; this is ${versions.node} [NODE_TOO_OLD]\n` +
    'try: install the current LTS release of Node.js, then run the same command\n'
  )
}
