import Database, { type Statement } from 'better-sqlite3'
import { describe, expect, it } from 'vitest'
import { MIGRATIONS } from '../../../local-daemon/store/file/migrations.ts'
import { prepareStatements } from '../../../local-daemon/store/statements.ts'

const USES = 50
const ROUNDS = 15

function anEmptyStore(): InstanceType<typeof Database> {
  const database = new Database(':memory:')
  for (const step of MIGRATIONS) database.exec(step)
  return database
}

/** Milliseconds of the fastest round: what else the machine does only makes one slower. */
function fastest(work: () => void): number {
  const rounds = Array.from({ length: ROUNDS }, () => {
    const began = performance.now()
    for (let use = 0; use < USES; use += 1) work()
    return performance.now() - began
  })
  return Math.min(...rounds)
}

function use(statement: Statement, parameters: number): () => void {
  let n = 0
  const given = () => Array.from({ length: parameters }, () => (n += 1))
  return statement.reader ? () => statement.all(...given()) : () => statement.run(...given())
}

describe('the statements of the store', () => {
  const database = anEmptyStore()
  const statements = Object.entries(prepareStatements(database)) as [string, Statement][]
  const lookUps = statements.filter(
    ([, { source }]) => source.includes('?') && !/^\s*(?:INSERT|REPLACE)/.test(source),
  )

  // SQLite plans one again if its plan may depend on a value that was bound; it reports that nowhere, but it takes time.
  it.each(lookUps)('%s is planned once, not with each use', (_name, statement) => {
    const { source } = statement
    const planned = fastest(() => database.prepare(source))
    const used = fastest(use(statement, source.split('?').length - 1))
    expect(used / planned).toBeLessThan(0.3)
  })
})
