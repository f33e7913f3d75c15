import { randomBytes } from 'node:crypto'
import type { Command } from 'commander'
import { actorOf } from './actor.ts'
import { CliError } from '../cli-error.ts'
import { daemonClient, type DaemonClient } from '../client/daemon-client.ts'
import { EXIT_CODE } from '../exit-code.ts'
import { optionsOf, type GlobalOptions } from '../global-options.ts'
import { print, printJson } from '../output/output.ts'
import { wholeThread } from '../client/whole-id.ts'
import { fields } from '../output/table.ts'
import { parseNamespace } from '../parse/namespace.ts'
import { parseId } from '../parse/id.ts'

interface AppendOptions extends GlobalOptions {
  readonly thread?: string
  readonly actor?: string
  readonly body?: string
  readonly namespace?: string
}

/** What one verb says: the act of its record and the body's field that takes the text. */
export interface Verb {
  readonly act: 'INTEND' | 'DO' | 'KNOW' | 'LEARN'
  readonly field: 'goal' | 'text'
  /** A verb that opens a thread makes a new one when none is named. */
  readonly opensThread?: boolean
}

interface AppendedRecord {
  readonly id: string
  readonly thread: string
  readonly actor: string
  readonly act: string
  readonly clock: number
}

/** Gives a command its argument and options and lets it append one record. The daemon chooses the clock. */
export function appendsRecord(command: Command, verb: Verb): Command {
  if (verb.opensThread) {
    command.option(
      '--namespace <name>',
      'namespace of a new thread (default: default)',
      parseNamespace,
    )
  }
  return command
    .argument('<text>', `text for body.${verb.field}`)
    .option(
      '--thread <id>',
      verb.opensThread
        ? 'thread, or the beginning of its id (default: a new one)'
        : 'thread, or the beginning of its id (required)',
      parseId,
    )
    .option(
      '--actor <did>',
      'DID to write as (default: SPL_ACTOR, then did:sync:user:<you>)',
      parseId,
    )
    .option('--body <json>', 'JSON object with more body fields')
    .action(async (text: string, _options: unknown, command: Command) => {
      const options = optionsOf<AppendOptions>(command)
      if (text.trim() === '') throw textMissing(verb)
      const thread = options.thread ?? newThread(verb)
      const { namespace } = options
      const set = { [verb.field]: text, ...(namespace !== undefined && { namespace }) }
      const body = bodyOf(set, options.body)
      const client = await daemonClient(options)
      const record = {
        thread: await wholeThread(client, thread),
        act: verb.act,
        body,
        data_type: 'SCALAR',
      }
      const appended = await append(client, record, options.actor)
      if (options.json) printJson(appended)
      else print(describe(appended))
    })
}

/**
 * Appends as the actor that was named, else as the user of this machine, else, where the bearer may not speak for that
 * user, as its own account.
 */
async function append(
  client: DaemonClient,
  record: object,
  named: string | undefined,
): Promise<AppendedRecord> {
  const actor = actorOf(named)
  try {
    return await client.post<AppendedRecord>('/v1/records', { ...record, actor })
  } catch (error) {
    const isNamed = Boolean(named || process.env['SPL_ACTOR'])
    const isDenied = error instanceof CliError && error.code === 'DID_CLAIM_DENIED'
    if (isNamed || !isDenied) throw error
    return client.post<AppendedRecord>('/v1/records', record)
  }
}

function describe(record: AppendedRecord): string {
  return fields([
    ['Record', record.id],
    ['Act', record.act],
    ['Thread', record.thread],
    ['Actor', record.actor],
    ['Clock', String(record.clock)],
  ])
}

function textMissing(verb: Verb): CliError {
  return new CliError(
    'TEXT_MISSING',
    `${verb.act} needs a text, and this one is empty`,
    `spl ${verb.act.toLowerCase()} "some text"`,
    EXIT_CODE.usage,
  )
}

function newThread(verb: Verb): string {
  if (verb.opensThread) return `th_${randomBytes(32).toString('hex')}`
  throw new CliError(
    'THREAD_MISSING',
    `${verb.act} belongs to a thread: name it with --thread`,
    'spl thread list, or open one with: spl intend "a goal"',
    EXIT_CODE.usage,
  )
}

function bodyOf(set: Readonly<Record<string, string>>, json = '{}'): object {
  const more = objectIn(json)
  const field = Object.keys(set).find((name) => name in more)
  if (field === undefined) return { ...set, ...more }
  const setter = field === 'namespace' ? '--namespace' : 'the text'
  throw new CliError(
    'BODY_CONFLICT',
    `--body sets ${field}, which ${setter} already sets`,
    `leave ${field} out of --body`,
    EXIT_CODE.usage,
  )
}

function objectIn(json: string): object {
  let value: unknown
  try {
    value = JSON.parse(json)
  } catch {
    value = undefined
  }
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value
  throw new CliError(
    'BODY_INVALID',
    '--body is not a JSON object',
    `--body '{"priority":"high"}'`,
    EXIT_CODE.usage,
  )
}
