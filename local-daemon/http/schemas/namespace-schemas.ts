import { z } from '@hono/zod-openapi'
import { listOf, NamespaceName } from './schemas.ts'
import { PLAIN, printable } from './printable.ts'

/* The shapes of namespaces, for validation and for /openapi.json alike. */

const Description = printable(0, 200).openapi({ maxLength: 200, pattern: PLAIN })
const Seconds = z.int().openapi({ description: 'Unix time, seconds' })

export const NewNamespace = z
  .strictObject({ name: NamespaceName, description: Description.nullable().default(null) })
  .openapi('NewNamespace')

export const NamespaceChange = z
  .strictObject({
    name: NamespaceName,
    archived: z.boolean().optional(),
    description: Description.nullable().optional(),
  })
  .refine(({ archived, description }) => archived !== undefined || description !== undefined, {
    path: ['archived'],
    message: 'or description is needed: there is nothing to change',
  })
  .openapi('NamespaceChange')

export const Namespace = z
  .object({
    object: z.literal('namespace'),
    name: z.string(),
    description: z.string().nullable(),
    status: z.enum(['active', 'archived']).openapi({
      description: 'Archived ones, and those below them, take no records',
    }),
    archived_with: z.string().nullable().openapi({
      description: 'The archived namespace that closes it: itself, or one above',
    }),
    threads: z.int().openapi({ description: 'In itself, without what is below it' }),
    records: z.int().openapi({ description: 'In itself, without what is below it' }),
    created_at: Seconds.nullable(),
    archived_at: Seconds.nullable(),
  })
  .openapi('Namespace')
export const NamespaceList = listOf(Namespace, 'NamespaceList')
