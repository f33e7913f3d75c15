import type { OpenAPIHono } from '@hono/zod-openapi'
import { VERSION } from '../../process/version.ts'
import { ProbeEvent } from './connection-schemas.ts'
import { Gap, RequestLine } from './link-schemas.ts'
import { BulkCut, BulkOutcome, BulkSummary } from './bulk-schemas.ts'
import { ExportHeader, ExportPart } from './export-schemas.ts'
import { commonRefusals } from '../document-route.ts'
import type { DaemonEnv } from '../router.ts'
import { ProblemSchema, Ready, SyncRecord } from './schemas.ts'

const DESCRIPTION = `A store of signed records at home, and who may call it.

The same routes answer on the Unix socket, where no bearer is needed, on loopback and on the public hostname. Every GET also answers HEAD.
Every error is one envelope with a stable code. Query parameters and members of a body that are not named here are refused.`

const SCHEMES = {
  bearer: { type: 'http', scheme: 'bearer', description: 'A token of a service account, `spl_…`' },
  ticket: {
    type: 'apiKey',
    in: 'query',
    name: 'ticket',
    description:
      'Of `POST /v1/stream-tickets`, for one event stream of a client that can send no header',
  },
  invite: { type: 'http', scheme: 'bearer', description: 'A one-time code, `spi_…`' },
  bootstrap: {
    type: 'http',
    scheme: 'bearer',
    description: 'What the daemon was started with as `SPL_BOOTSTRAP_TOKEN`',
  },
} as const

/** Registers schemas that no route names itself. Call it before the document is made. */
export function describeComponents({ openAPIRegistry: registry }: OpenAPIHono<DaemonEnv>): void {
  for (const [name, scheme] of Object.entries(SCHEMES)) {
    registry.registerComponent('securitySchemes', name, scheme)
  }
  registry.register('Problem', ProblemSchema)
  for (const [name, response] of commonRefusals()) {
    registry.registerComponent('responses', name, response)
  }
  // The data of events: a stream is text to OpenAPI 3.1, and names them beside it.
  registry.register('ProbeEvent', ProbeEvent)
  registry.register('RequestLine', RequestLine)
  registry.register('Gap', Gap)
  registry.register('Ready', Ready)
  registry.register('SyncRecord', SyncRecord)
  // The lines of an export, for the same reason.
  registry.register('ExportHeader', ExportHeader)
  registry.register('ExportPart', ExportPart)
  // Those of a bulk append and of its answer.
  registry.register('BulkOutcome', BulkOutcome)
  registry.register('BulkSummary', BulkSummary)
  registry.register('BulkCut', BulkCut)
}

/** The OpenAPI document of all routes so far. */
export function apiDocument(hono: OpenAPIHono<DaemonEnv>): object {
  return hono.getOpenAPI31Document({
    openapi: '3.1.0',
    info: {
      title: 'spl',
      version: VERSION,
      description: DESCRIPTION,
      license: { name: 'Apache-2.0', url: 'https://www.apache.org/licenses/LICENSE-2.0' },
    },
    // Relative to the host of the document.
    servers: [{ url: '/', description: 'Where this description was read from' }],
    tags: TAGS.map(([name, description]) => ({ name, description })),
  })
}

const TAGS = [
  ['about', 'The daemon itself'],
  ['identity', 'Whom it takes you for'],
  ['records', 'Append and read records'],
  ['threads', 'What records belong to'],
  ['sync', 'Follow what comes'],
  ['stream-tickets', 'Event streams of clients that can send no header'],
  ['bootstrap', 'The first account'],
  ['service-accounts', 'Who may have tokens'],
  ['tokens', 'Bearers, by their hashes'],
  ['invites', 'One-time codes that become an account'],
  ['config', 'Settings'],
  ['connection', 'What is between you and the daemon'],
  ['engine', 'How large the store is'],
  ['tunnel', 'The link to the gateway, and what was asked'],
  ['admin', 'What the owner does'],
  ['backups', 'Copies of the store'],
] as const
