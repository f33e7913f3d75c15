import { InvalidArgumentError } from 'commander'

/** An order of `POST /v1/records/query`. */
export type Sort = Readonly<Record<string, 1 | -1>>

/** `--sort` of the command line. */
export function parseSort(text: string): Sort {
  const [, minus, field] = /^(-?)(created_at|clock)$/u.exec(text) ?? []
  if (field !== undefined) return { [field]: minus === '-' ? -1 : 1 }
  throw new InvalidArgumentError(
    'An order is created_at or clock, with - in front for the last first.',
  )
}
