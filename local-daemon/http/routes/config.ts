import { guardExposedChange } from '../../access/exposed-requirement.ts'
import { guardRequirement } from '../../access/lockout.ts'
import { ProblemError } from '../../problem/problem-error.ts'
import {
  INITIAL_SETTINGS,
  isSettingKey,
  settingBody,
  SETTINGS,
  type SettingKey,
} from '../../settings/setting-definitions.ts'
import { CONFIG_THREAD } from '../../store/daemon-threads.ts'
import type { StoreReader } from '../../store/reader.ts'
import { Config, NewSetting, Setting, SettingParams } from '../schemas/access-schemas.ts'
import { jsonAnswer } from '../answers/answer.ts'
import { answers, jsonBody } from '../schemas/describe.ts'
import { parseBody } from '../input/parse-input.ts'
import type { RouteParts } from './route-parts.ts'

/** Settings. Each change is a record on the config thread, in force from the next request. */
export function addConfig({
  router,
  authorise,
  store,
  settings,
  edge,
  did,
  listener,
}: RouteParts): void {
  router.on(
    {
      method: 'get',
      path: '/v1/config',
      operationId: 'getConfig',
      summary: 'The settings in force',
      responses: { 200: answers(Config, 'Settings') },
    },
    (c) => {
      const { values, warnings } = settings
      const keys = Object.keys(SETTINGS) as SettingKey[]
      const body = {
        object: 'config',
        settings: keys.map((key) => {
          const row = settings.row(key)
          const stated = {
            record_id: row?.record_id ?? null,
            set_at: row === undefined ? null : Math.floor(row.set_at / 1000),
          }
          const source = row === undefined ? 'default' : 'record'
          return { key, value: values[key], default: INITIAL_SETTINGS[key], source, ...stated }
        }),
        warnings,
        edge: edge.report(),
      }
      return jsonAnswer(c.env, 200, JSON.stringify(body))
    },
  )

  router.on(
    {
      method: 'post',
      path: '/v1/config/{key}',
      operationId: 'changeSetting',
      refuses: ['NOT_FOUND', 'INVALID_SETTING', 'LOCKOUT'],
      summary: 'Change a setting',
      request: { params: SettingParams, ...jsonBody(NewSetting) },
      responses: { 200: answers(Setting, 'In force') },
    },
    async (c) => {
      const key = c.req.param('key') ?? ''
      if (!isSettingKey(key)) {
        throw new ProblemError('NOT_FOUND', 'There is no such setting', {
          try: `The settings are ${Object.keys(SETTINGS).join(', ')}.`,
        })
      }
      const { value: given, force } = await parseBody(NewSetting, c, authorise)
      const value = SETTINGS[key].parse(given)
      guardExposedChange(listener, key, value)
      const requires = !force && key === 'auth_required' && value === true
      const guard = requires
        ? (tx: StoreReader) => guardRequirement(tx, settings.values)
        : undefined
      const { record } = await store.append(
        {
          parents: [],
          thread: CONFIG_THREAD,
          actor: did,
          act: 'LEARN',
          body: settingBody(key, value) as Record<string, never>,
          data_type: 'SCALAR',
          judged_by: null,
        },
        { guard },
      )
      const body = {
        object: 'setting',
        key,
        value,
        record_id: record.id,
        warnings: warningsOf(key),
      }
      return jsonAnswer(c.env, 200, JSON.stringify({ ...body, edge: await edge.settled() }))
    },
  )

  function warningsOf(key: SettingKey): string[] {
    const { values } = settings
    if (key === 'auth_required' && !values.auth_required) {
      return ['Every program and user of this machine may now read and write records on loopback.']
    }
    if (key === 'trusted_proxies' && values.trusted_proxies.length > 0 && !strict()) {
      return ['Behind a proxy also set strict_actor_header and strict_impersonation_enforcement.']
    }
    const clear = values.auth_cors_origins.filter(isClear)
    if (key === 'auth_cors_origins' && clear.length > 0) {
      return [`Whoever is on the network path can pose as ${clear.join(', ')}: use https.`]
    }
    const shared = values.auth_cors_origins.filter(isOfMany)
    if (key === 'auth_cors_origins' && shared.length > 0) {
      return [
        `Every app of that kind sends ${shared.join(', ')}: only its bearer tells them apart.`,
      ]
    }
    return []
  }

  function strict(): boolean {
    const { strict_actor_header, strict_impersonation_enforcement } = settings.values
    return strict_actor_header && strict_impersonation_enforcement
  }
}

/** The origins of an app shell's own pages, which are the same for every such app. */
function isOfMany(origin: string): boolean {
  return /^(?!https?:)[^:]+:\/\/(?:localhost|-|\.)$/.test(origin)
}

function isClear(origin: string): boolean {
  return origin.startsWith('http:') && !/^http:\/\/(?:localhost|127\.|\[::1\])/.test(origin)
}
