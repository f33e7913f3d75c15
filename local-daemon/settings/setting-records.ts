import { CONFIG_THREAD } from '../store/daemon-threads.ts'
import { isOwn, NO_PREDECESSORS, type Predecessors } from '../store/predecessors.ts'
import { isPlainObject } from '../../protocol/json/json-value.ts'
import { ProblemError } from '../problem/problem-error.ts'
import type { StoredRecord } from '../store/stored-record.ts'
import type { Fold } from '../store/transactor.ts'
import { isSettingKey, SETTINGS, type SettingKey } from './setting-definitions.ts'

export interface StatedSetting {
  readonly key: SettingKey
  readonly value: unknown
}

/**
 * The setting that a body states, its value in canonical form; undefined for a body about anything else. Throws
 * `ProblemError` `INVALID_SETTING` for a malformed setting.
 */
export function readSetting(body: unknown): StatedSetting | undefined {
  if (!isPlainObject(body) || !isSettingKey(body['topic'])) return undefined
  const key = body['topic']
  const { field, parse } = SETTINGS[key]
  if (!Object.hasOwn(body, field)) {
    throw new ProblemError('INVALID_SETTING', `body.${field} is missing`, {
      field: `body.${field}`,
      try: `State ${key} as {"topic":"${key}","${field}":…}.`,
    })
  }
  try {
    return { key, value: parse(body[field]) }
  } catch (error) {
    if (!(error instanceof ProblemError)) throw error
    const { code, message, detail } = error
    throw new ProblemError(code, message, { ...detail, field: `body.${field}` })
  }
}

/**
 * Keeps the table of settings. Records of another instance, of another act than LEARN, and malformed ones change
 * nothing: the previous valid record stays in force.
 */
export function settingFold(owner: string, predecessors: Predecessors = NO_PREDECESSORS): Fold {
  return {
    thread: CONFIG_THREAD,
    apply(tables, record) {
      const stated = statedBy(record, owner, predecessors)
      if (stated === undefined || stated instanceof ProblemError) return
      tables.upsertSetting.run(stated.key, JSON.stringify(stated.value), record.id, record.seq)
    },
  }
}

/** What a record of the thread states, or why it is ignored although it is about a setting. */
export function statedBy(
  record: StoredRecord,
  owner: string,
  predecessors: Predecessors = NO_PREDECESSORS,
): StatedSetting | ProblemError | undefined {
  if (!isOwn(record, owner, predecessors)) return undefined
  const { act, body } = JSON.parse(record.raw) as Record<string, unknown>
  if (act !== 'LEARN') return undefined
  try {
    return readSetting(body)
  } catch (error) {
    if (error instanceof ProblemError) return error
    throw error
  }
}
