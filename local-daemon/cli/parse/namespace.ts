import { InvalidArgumentError } from 'commander'
import { isNamespaceName, NAMESPACE_RULE } from '../../../protocol/identity/namespace-name.ts'

/** The name of a namespace on the command line. */
export function parseNamespace(text: string): string {
  if (isNamespaceName(text)) return text
  throw new InvalidArgumentError(`It ${NAMESPACE_RULE}.`)
}
