import { createRequire } from 'node:module'
import type { Command } from 'commander'
import { PROTOCOL_VERSION } from '../../../protocol/tunnel/version.ts'
import { VERSION } from '../../process/version.ts'
import { optionsOf } from '../global-options.ts'
import { examples } from '../help/examples.ts'
import { print, printJson } from '../output/output.ts'

export function addVersion(program: Command): void {
  program
    .command('version')
    .description('print the versions of spl and Node.js; with --json, of everything it uses')
    .addHelpText(
      'after',
      examples(
        ['spl version', 'one line'],
        ['spl version --json', 'also SQLite, workerd, protocol and platform'],
      ),
    )
    .action(async (_options: unknown, command: Command) => {
      const { node } = process.versions
      if (!optionsOf(command).json) return print(`spl ${VERSION} (node ${node})`)
      printJson({
        object: 'version',
        version: VERSION,
        node,
        protocol: PROTOCOL_VERSION,
        sqlite: await sqliteVersion(),
        workerd: workerdVersion(),
        platform: process.platform,
        arch: process.arch,
      })
    })
}

/** Of the SQLite that the store is built with, which is not the one of Node.js. */
async function sqliteVersion(): Promise<string> {
  const { default: Database } = await import('better-sqlite3')
  const database = new Database(':memory:')
  try {
    return database.prepare('SELECT sqlite_version()').pluck().get() as string
  } finally {
    database.close()
  }
}

/** Null where the package has no workerd for this platform. */
function workerdVersion(): string | null {
  const require = createRequire(import.meta.url)
  try {
    return (require('workerd/package.json') as { version: string }).version
  } catch {
    return null
  }
}
