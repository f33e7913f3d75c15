import { spawn } from 'node:child_process'
import {
  chmodSync,
  cpSync,
  existsSync,
  linkSync,
  mkdirSync,
  readFileSync,
  readdirSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { pino } from 'pino'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { accountDraft } from '../../../local-daemon/access/account-records.ts'
import {
  identityAt,
  loadIdentity,
  writeNewKey,
} from '../../../local-daemon/access/identity/identity.ts'
import { ACCOUNTS_THREAD, CONFIG_THREAD } from '../../../local-daemon/store/daemon-threads.ts'
import { rotateIdentity } from '../../../local-daemon/access/identity/rotate-identity.ts'
import {
  addSuccession,
  readSuccessions,
  stateSuccession,
} from '../../../local-daemon/access/identity/succession.ts'
import { homeAt, type Home } from '../../../local-daemon/home/home.ts'
import { type Daemon, startDaemon } from '../../../local-daemon/daemon.ts'
import { openStore } from '../../../local-daemon/store/open-store.ts'
import { syncJson } from '../../../local-daemon/store/stored-record.ts'
import { verifyRecord } from '../../../protocol/records/record-signature.ts'
import { aDraft, aHome } from '../../support/daemon/a-daemon.ts'

const FOREVER = fileURLToPath(new URL('./rotate-forever.ts', import.meta.url))
const ROUNDS = 8

let place: ReturnType<typeof aHome>
let home: Home
let did: string
let bearer: string

beforeEach(async () => {
  place = aHome()
  home = homeAt(place.path)
  await using daemon = await start()
  did = daemon.identity.did
  bearer = daemon.adminBearer ?? ''
  const { accounts, invites } = daemon.access
  await accounts.createWithToken({ name: 'phone', scopes: ['records:read'] }, null)
  const old = await accounts.createWithToken({ name: 'lost', scopes: ['records:read'] }, null)
  await accounts.revokeAccount(old.account, 'lost')
  await invites.create({ device: 'tv', scopes: ['records:read'], ttlSeconds: 900, issuer: null })
  const setting = { topic: 'strict_actor_header', enabled: true }
  await daemon.store.append(
    aDraft({ thread: CONFIG_THREAD, act: 'LEARN', actor: did, body: setting }),
  )
  await daemon.store.append(aDraft({ body: { goal: 'from before' } }))
})

afterEach(() => place[Symbol.dispose]())

function start(): Promise<Daemon> {
  return startDaemon({ home: place.path, port: 0, logger: pino({ level: 'silent' }) })
}

function tablesOf({ store }: Daemon): object {
  return {
    accounts: store.accounts(),
    tokens: store.tokens(),
    invites: store.invites(),
    settings: store.settings(),
  }
}

async function statusWith(daemon: Daemon, token: string): Promise<number> {
  const url = `http://127.0.0.1:${daemon.addresses.tcp.port}/v1/threads`
  return (await fetch(url, { headers: { authorization: `Bearer ${token}` } })).status
}

/** The tables, and that a rebuild from the records ends in the same. */
async function checkedTables(daemon: Daemon): Promise<ReturnType<typeof tablesOf>> {
  const tables = tablesOf(daemon)
  await daemon.access.accounts.rebuild()
  await daemon.access.settings.rebuild()
  expect(tablesOf(daemon)).toEqual(tables)
  return tables
}

describe('another identity for a home', () => {
  it('ends every bearer and invite, and keeps records, accounts and settings', async () => {
    const rotation = await rotateIdentity(home, false)
    expect(rotation).toMatchObject({
      from: did,
      kept: null,
      ended: [
        { name: 'admin', tokens: 1 },
        { name: 'phone', tokens: 1 },
      ],
    })
    expect(rotation.to).not.toBe(did)

    await using daemon = await start()
    expect(daemon.identity.did).toBe(rotation.to)
    expect(await statusWith(daemon, bearer)).toBe(401)
    expect(await statusWith(daemon, rotation.fresh?.token ?? '')).toBe(200)
    await checkedTables(daemon)
    const { store, access } = daemon
    const live = store.tokens().filter(({ revoked_at }) => revoked_at === null)
    expect(live.map(({ token_id }) => token_id)).toEqual([rotation.fresh?.tokenId])
    expect(store.invites().every(({ revoked_at }) => revoked_at !== null)).toBe(true)
    expect(access.settings.values.strict_actor_header).toBe(true)
    expect(store.accounts().filter(({ revoked_at }) => revoked_at === null)).toHaveLength(2)

    // Every record is there and verifies under the identity that wrote it.
    const { records } = store.page({}, 0, store.head(), 500)
    expect(new Set(records.map(({ origin }) => origin))).toEqual(new Set([did, rotation.to]))
    for (const record of records) {
      expect(await verifyRecord(JSON.parse(syncJson(record)))).toMatchObject({ kind: 'verified' })
    }
  })

  it('is stated by the old identity, in the first record of the new one', async () => {
    const { to } = await rotateIdentity(home, false)
    await using daemon = await start()
    const filter = { thread: ACCOUNTS_THREAD, actor: to }
    const [first] = daemon.store.page(filter, 0, daemon.store.head(), 1).records
    const { body } = JSON.parse(first?.raw ?? '{}')
    expect(body).toMatchObject({ topic: 'succession', predecessor: did, successor: to })
    expect(readSuccessions(home, to)).toEqual([{ from: did, to, signature: body.signature }])
  })

  it('may change again and again', async () => {
    const second = await rotateIdentity(home, false)
    const third = await rotateIdentity(home, false)
    expect(third.from).toBe(second.to)
    await using daemon = await start()
    expect(readSuccessions(home, third.to).map(({ from }) => from)).toEqual([second.to, did])
    await checkedTables(daemon)
    expect(daemon.access.settings.values.strict_actor_header).toBe(true)
    expect(await statusWith(daemon, second.fresh?.token ?? '')).toBe(401)
    expect(await statusWith(daemon, third.fresh?.token ?? '')).toBe(200)
  })

  it('destroys the old key, or keeps it where only its owner reads', async () => {
    const before = readFileSync(home.instanceKey, 'utf8')
    const kept = await rotateIdentity(home, true)
    expect(readFileSync(kept.kept ?? '', 'utf8')).toBe(before)
    expect(statSync(kept.kept ?? '').mode & 0o777).toBe(0o600)
    const second = readFileSync(home.instanceKey, 'utf8')
    await rotateIdentity(home, false)
    const texts = readdirSync(home.keys).map((name) => readFileSync(join(home.keys, name), 'utf8'))
    expect(texts).toContain(before)
    expect(texts).not.toContain(second)
  })

  it('is refused while a daemon runs, and where there is nothing to replace', async () => {
    {
      await using _daemon = await start()
      await expect(rotateIdentity(home, false)).rejects.toMatchObject({ code: 'DAEMON_RUNNING' })
    }
    expect(loadIdentity(home).did).toBe(did)
    using empty = aHome()
    await expect(rotateIdentity(homeAt(empty.path), false)).rejects.toMatchObject({
      code: 'KEY_MISSING',
    })
    expect(existsSync(homeAt(empty.path).keys)).toBe(false)
  })
})

describe('a store that a daemon of another home has', () => {
  it('is not written to beside it, and the key stays', async () => {
    using other = aHome()
    const options = { home: other.path, port: 0, logger: pino({ level: 'silent' }) }
    cpSync(home.keys, homeAt(other.path).keys, { recursive: true })
    chmodSync(homeAt(other.path).keys, 0o700)
    await using _daemon = await startDaemon({ ...options, store: home.database })
    await expect(rotateIdentity(home, false)).rejects.toMatchObject({ code: 'STORE_IN_USE' })
    expect(loadIdentity(home).did).toBe(did)
  })
})

describe('a holder of the old key', () => {
  it('changes no account and no setting with it after the change', async () => {
    const old = loadIdentity(home)
    await rotateIdentity(home, false)
    // As if it had come from elsewhere: signed by the old key, and later than the succession.
    const store = openStore({ path: home.database, origin: old })
    await store.append(
      accountDraft(did, {
        topic: 'service_account',
        service_account_id: 'sa_thief00000000000',
        name: 'thief',
        scopes: ['admin'],
        actors: [],
        namespace: 'default',
        env: 'prod',
        reach: null,
        created_at: 1,
      }),
    )
    const body = { topic: 'strict_actor_header', enabled: false }
    await store.append(aDraft({ thread: CONFIG_THREAD, act: 'LEARN', actor: did, body }))
    store.close()

    await using daemon = await start()
    await checkedTables(daemon)
    expect(daemon.store.accounts().map(({ name }) => name)).not.toContain('thief')
    expect(daemon.access.settings.values.strict_actor_header).toBe(true)
  })

  it('does not make itself the successor: only what leads to the key in place counts', async () => {
    const old = loadIdentity(home)
    const thief = join(home.keys, 'thief')
    writeNewKey(thief)
    const rotation = await rotateIdentity(home, false)
    addSuccession(home, stateSuccession(old, identityAt(thief).did))
    await using daemon = await start()
    expect(daemon.identity.did).toBe(rotation.to)
    expect(readSuccessions(home, rotation.to)).toHaveLength(1)
  })
})

describe('the file of successions', () => {
  it.for([
    ['text', 'not json'],
    ['another form', '{"from":"did:key:z"}'],
  ] as const)('with %s is not believed, and nothing starts', async ([_name, text]) => {
    await rotateIdentity(home, false)
    writeFileSync(join(home.keys, 'successions.json'), text)
    await expect(start()).rejects.toMatchObject({ code: 'SUCCESSION_INVALID' })
    await expect(rotateIdentity(home, false)).rejects.toMatchObject({ code: 'SUCCESSION_INVALID' })
  })

  it('that names an identity which has signed nothing is not believed', async () => {
    const thief = join(home.keys, 'thief')
    writeNewKey(thief)
    const stranger = identityAt(thief)
    const { signature } = stateSuccession(loadIdentity(home), stranger.did)
    addSuccession(home, { from: stranger.did, to: did, signature })
    await expect(start()).rejects.toMatchObject({ code: 'SUCCESSION_INVALID' })
  })

  it('that goes in a circle is not believed', async () => {
    const other = join(home.keys, 'other')
    writeNewKey(other)
    const [one, two] = [loadIdentity(home), identityAt(other)]
    addSuccession(home, stateSuccession(one, two.did))
    addSuccession(home, stateSuccession(two, one.did))
    await expect(start()).rejects.toMatchObject({ code: 'SUCCESSION_INVALID' })
  })
})

describe('killed in the middle', () => {
  it('changes no key before the succession is written down', async () => {
    mkdirSync(join(home.keys, 'successions.json.new'))
    await expect(rotateIdentity(home, false)).rejects.toThrow(/EISDIR/)
    expect(loadIdentity(home).did).toBe(did)
    await using daemon = await start()
    expect(await statusWith(daemon, bearer)).toBe(200)
  })

  it('before the key is in place: the home is as it was', async () => {
    const next = `${home.instanceKey}.next`
    writeNewKey(next)
    addSuccession(home, stateSuccession(loadIdentity(home), identityAt(next).did))
    {
      await using daemon = await start()
      expect(daemon.identity.did).toBe(did)
      expect(await statusWith(daemon, bearer)).toBe(200)
    }
    const { from } = await rotateIdentity(home, false)
    expect(from).toBe(did)
    expect(existsSync(next)).toBe(false)
  })

  it('leaves no second name of a key behind, in which the old one would live on', async () => {
    const old = readFileSync(home.instanceKey, 'utf8')
    // Between the link that puts a key in place and the end of its temporary name.
    linkSync(home.instanceKey, `${home.instanceKey}.4711`)
    writeFileSync(`${home.instanceKey}.next.${process.pid}`, 'half a key', { mode: 0o600 })
    await rotateIdentity(home, false)
    const names = readdirSync(home.keys)
    expect(names.toSorted()).toEqual(['instance.key', 'successions.json'])
    const texts = names.map((name) => readFileSync(join(home.keys, name), 'utf8'))
    expect(texts).not.toContain(old)
  })

  it('after the key is in place: the next start ends the work, also after another change', async () => {
    const next = `${home.instanceKey}.next`
    writeNewKey(next)
    addSuccession(home, stateSuccession(loadIdentity(home), identityAt(next).did))
    renameSync(next, home.instanceKey)
    const between = loadIdentity(home).did
    {
      await using daemon = await start()
      expect(daemon.identity.did).toBe(between)
      await checkedTables(daemon)
      expect(await statusWith(daemon, bearer)).toBe(401)
      expect(daemon.store.tokens().every(({ revoked_at }) => revoked_at !== null)).toBe(true)
    }
    await rotateIdentity(home, false)
    await using daemon = await start()
    await checkedTables(daemon)
    expect(daemon.access.settings.values.strict_actor_header).toBe(true)
  })

  it('an identity that was replaced before it wrote anything leaves no gap', async () => {
    const next = `${home.instanceKey}.next`
    writeNewKey(next)
    addSuccession(home, stateSuccession(loadIdentity(home), identityAt(next).did))
    const old = loadIdentity(home)
    renameSync(next, home.instanceKey)
    await rotateIdentity(home, false)
    const store = openStore({ path: home.database, origin: old })
    const body = { topic: 'strict_actor_header', enabled: false }
    await store.append(aDraft({ thread: CONFIG_THREAD, act: 'LEARN', actor: did, body }))
    store.close()
    await using daemon = await start()
    await checkedTables(daemon)
    expect(daemon.access.settings.values.strict_actor_header).toBe(true)
  })

  it('at any moment: either the old or the new, and never half', { timeout: 90_000 }, async () => {
    const seen: string[] = [did]
    for (let round = 0; round < ROUNDS; round += 1) {
      const child = spawn(process.execPath, [FOREVER, place.path], {
        stdio: ['ignore', 'pipe', 'inherit'],
      })
      let output = ''
      await new Promise<void>((resolve) => {
        child.stdout.on('data', (text: Buffer) => {
          if (output === '') setTimeout(() => child.kill('SIGKILL'), Math.random() * 300)
          output += text.toString()
        })
        child.once('close', () => resolve())
      })
      expect(child.signalCode).toBe('SIGKILL')
      seen.push(...output.split('\n').slice(1, -1))
      await using daemon = await start()
      const current = daemon.identity.did
      const lineage = [current, ...readSuccessions(home, current).map(({ from }) => from)]
      // All that were in place are in the line, back to the first one.
      expect(seen.filter((one) => !lineage.includes(one))).toEqual([])
      expect(lineage.at(-1)).toBe(did)
      await checkedTables(daemon)
      expect(daemon.access.settings.values.strict_actor_header).toBe(true)
      expect(daemon.store.accounts().some(({ name }) => name === 'admin')).toBe(true)
      // Over the socket a bearer can always be made.
      const fresh = await daemon.access.accounts.createWithToken(
        { name: 'again', scopes: ['admin'] },
        null,
      )
      expect(await statusWith(daemon, fresh.token)).toBe(200)
    }
    rmSync(join(home.keys, 'instance.key.next'), { force: true })
  })
})
