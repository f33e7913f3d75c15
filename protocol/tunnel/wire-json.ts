import { parseStrictJson } from '../json/strict-json.ts'
import { decodeText } from '../encoding/utf8.ts'

/** The JSON object of a text; undefined for anything else, and if it has a member twice. Its members are unchecked. */
export function parseObject(text: string): Record<string, unknown> | undefined {
  let value: unknown
  try {
    value = parseStrictJson(text)
  } catch {
    return undefined
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return undefined
  return value as Record<string, unknown>
}

/** As `parseObject`, of a frame's bytes. */
export function parseWireObject(bytes: Uint8Array): Record<string, unknown> | undefined {
  const text = decodeText(bytes)
  return text === undefined ? undefined : parseObject(text)
}
