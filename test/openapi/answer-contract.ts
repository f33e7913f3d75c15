import { Ajv2020, type ValidateFunction } from 'ajv/dist/2020.js'
import { fullFormats } from 'ajv-formats/dist/formats.js'
import { type Operation, readDocument } from './document.ts'

/** An answer that was seen, with what was asked for. */
export interface SeenAnswer {
  readonly method: string
  /** Path and query. */
  readonly target: string
  readonly status: number
  readonly headers: { get(name: string): string | null }
  readonly text: string
}

const document = closed(readDocument()) as ReturnType<typeof readDocument>
const ajv = new Ajv2020({ strict: false, allErrors: true, formats: fullFormats })
ajv.addSchema(document, 'openapi.json')

const operations = Object.entries(document.paths).flatMap(([path, methods]) =>
  Object.entries(methods).map(([method, operation]) => ({
    method: method.toUpperCase(),
    pattern: new RegExp(`^${path.replaceAll('.', '\\.').replaceAll(/\{\w+\}/g, '[^/]+')}$`),
    pointer: `/paths/${escaped(path)}/${method}`,
    operation,
  })),
)
const validators = new Map<string, ValidateFunction>()

/** What an answer of the daemon, or of the gateway in its place, says otherwise than docs/openapi.json; undefined: nothing. */
export function violation(seen: SeenAnswer): string | undefined {
  const { method, target, status, text } = seen
  const path = target.split('?', 1)[0] ?? ''
  const found = operations.find((one) => one.method === method && one.pattern.test(path))
  const body = JSON.parse(text) as { readonly object?: unknown; readonly code?: string }
  const refused = body.object === 'error'
  if (found === undefined) {
    if (refused) return mismatch('/components/schemas/Problem', body)
    return path.startsWith('/.well-known/spl-gateway/') ? undefined : 'no such operation'
  }
  const { operation, pointer } = found
  const response = operation.responses[status]
  if (response === undefined) return `${status} ${body.code ?? ''} is not documented`
  if (refused && !response.description.includes(`\`${body.code}\``))
    return `${status} ${body.code} is not documented`
  const missing = missingHeader(operation, seen)
  if (missing !== undefined) return `the header ${missing} is missing`
  return mismatch(`${pointer}/responses/${status}/content/application~1json/schema`, body)
}

function missingHeader({ responses }: Operation, { status, headers }: SeenAnswer) {
  return Object.entries(responses[status]?.headers ?? {}).find(
    ([name, { required }]) => required === true && headers.get(name) === null,
  )?.[0]
}

function mismatch(pointer: string, body: unknown): string | undefined {
  const validate =
    validators.get(pointer) ?? ajv.compile({ $ref: `openapi.json#${encodeURI(pointer)}` })
  validators.set(pointer, validate)
  if (validate(body)) return undefined
  return ajv.errorsText(validate.errors, { dataVar: 'body' })
}

/** The same with no room for members that are not described: clients may meet new ones, these tests may not. */
function closed(node: unknown): unknown {
  if (Array.isArray(node)) return node.map(closed)
  if (typeof node !== 'object' || node === null) return node
  const copy: Record<string, unknown> = Object.fromEntries(
    Object.entries(node).map(([name, value]) => [name, closed(value)]),
  )
  if (copy['type'] === 'object' && copy['properties'] !== undefined) {
    copy['additionalProperties'] ??= false
  }
  return copy
}

function escaped(path: string): string {
  return path.replaceAll('~', '~0').replaceAll('/', '~1')
}
