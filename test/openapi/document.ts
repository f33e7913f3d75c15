import { readFileSync } from 'node:fs'

/** Where the description stands that is published with the package. */
export const DOCUMENT = new URL('../../docs/openapi.json', import.meta.url)

export interface Operation {
  readonly operationId: string
  readonly responses: Readonly<Record<string, DocumentedResponse>>
}
export interface DocumentedResponse {
  readonly description: string
  readonly headers: Readonly<Record<string, { readonly required?: boolean }>>
  readonly content?: Readonly<Record<string, unknown>>
}
export interface ApiDocument {
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>
}

interface Written extends ApiDocument {
  readonly components?: { readonly responses?: Readonly<Record<string, DocumentedResponse>> }
}

/** The document, with each operation's responses in their place. */
export function readDocument(): ApiDocument {
  const { components, ...rest } = JSON.parse(readFileSync(DOCUMENT, 'utf8')) as Written
  for (const methods of Object.values(rest.paths)) {
    for (const { responses } of Object.values(methods)) {
      for (const [status, response] of Object.entries(responses)) {
        const name = (response as { readonly $ref?: string }).$ref?.split('/').at(-1)
        const shared = name === undefined ? undefined : components?.responses?.[name]
        if (shared !== undefined) (responses as Record<string, DocumentedResponse>)[status] = shared
      }
    }
  }
  return { components, ...rest } as ApiDocument
}
