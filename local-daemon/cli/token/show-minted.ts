import { note, printJson } from '../output/output.ts'
import type { Changed, Minted } from '../client/answers.ts'
import type { SecretOptions, SecretSink } from '../output/secret/secret-sink.ts'
import { tokenFields } from './token-fields.ts'

/** Tells about a new token, after its secret was delivered: on stderr for people, so that stdout is the bearer alone. */
export function showMinted(made: Minted & Changed, sink: SecretSink, options: SecretOptions): void {
  const { token: _secret, ...shown } = made
  if (options.json) return printJson(shown)
  note(tokenFields(made, made.edge).trimEnd())
  note(
    sink.place === null
      ? 'The bearer token above is shown only now.'
      : `The bearer token is in ${sink.place}.`,
  )
}
