import { resolve } from 'node:path'
import { InvalidArgumentError } from 'commander'

/**
 * The path of a database file: plain, or as `sqlite:///path`.
 *
 * @throws InvalidArgumentError for other databases, and for SQLite's names of one in memory
 */
export function parseStore(text: string): string {
  if (/^(?:sqlite:(?:\/\/\/?)?)?:memory:$/u.test(text)) {
    throw new InvalidArgumentError('For a store in memory use --memory.')
  }
  if (text.startsWith('sqlite:///')) {
    try {
      return resolve(decodeURIComponent(text.slice('sqlite://'.length)))
    } catch {
      throw new InvalidArgumentError('A % in a URL starts an escape: write it as %25.')
    }
  }
  if (text === '' || /^[a-z][a-z0-9+.-]*:/iu.test(text)) {
    throw new InvalidArgumentError(
      'A store is a path or sqlite:///path: records are kept in SQLite.',
    )
  }
  return resolve(text)
}
