import type { Census } from './trouble/census.ts'

/** What the checks of rows need from their reader. */
interface SoundRowsParts {
  /** The refusal of a row that is not what was written, or of a file with something missing. */
  readonly damaged: (what: string, of?: 'row' | 'file') => Error
  /** Counts the rows of the tables; without it, missing rows go unnoticed. */
  readonly census: (() => Pick<Census, 'fault' | 'faultNow'>) | undefined
}

export type SoundRows = ReturnType<typeof createSoundRows>

/** Checks of rows: that they are what was written, and that their tables have lost none. */
export function createSoundRows({ damaged, census }: SoundRowsParts) {
  /** Checks that the JSON columns of rows are JSON. */
  function sound<Row extends object>(row: Row): Row {
    for (const name of ['scopes', 'actors', 'reach', 'value'] as const) {
      const text = (row as Readonly<Record<string, unknown>>)[name]
      if (name === 'reach' && text === null) continue
      if (text !== undefined && !isJson(text))
        throw damaged(`a row’s ${name} are not what was written`)
    }
    return row
  }

  /** Refuses a list from a table that has lost rows. */
  function refuseGaps(...tables: readonly string[]): void {
    for (const table of tables) {
      const fault = census?.().fault(table)
      // If an index leads to a row that the table lacks, SQLite reports an error, and the rows before it can be read.
      if (fault !== undefined && fault.tree !== 'records') throw damaged(fault.what, 'file')
    }
  }

  /** A row by its key. It is reported as missing only if the tables have lost no rows. */
  function one<Row extends object>(
    row: Row | undefined,
    ...tables: readonly string[]
  ): Row | undefined {
    if (row !== undefined) return sound(row)
    for (const table of tables) {
      const fault = census?.().faultNow(table)
      if (fault !== undefined) throw damaged(fault.what, 'file')
    }
    return undefined
  }

  /** All rows of a list, if its tables have lost none. */
  function all<Row extends object>(rows: readonly Row[], ...tables: readonly string[]) {
    refuseGaps(...tables)
    return rows.map(sound)
  }

  return { one, all, refuseGaps }
}

function isJson(text: unknown): boolean {
  try {
    return typeof text === 'string' && JSON.parse(text) !== undefined
  } catch {
    return false
  }
}
