import { InvalidArgumentError } from 'commander'
import { OriginError, parseOriginList } from '../../../protocol/http/origin.ts'
import { parseList } from './list.ts'

/** Origins of web pages, with commas or blanks between them, each in the one form that browsers send. */
export function parseOrigins(text: string): readonly string[] {
  try {
    return parseOriginList(parseList(text))
  } catch (error) {
    if (error instanceof OriginError)
      throw new InvalidArgumentError(`${error.message}. ${error.try}`)
    throw error
  }
}
