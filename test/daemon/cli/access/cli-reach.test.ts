import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { runHere } from '../../../support/cli/run-here.ts'
import { aMachine } from './login-machine.ts'
import { aDaemon } from '../../../support/daemon/a-daemon.ts'

it('a reach is given on the command line, shown wherever the grant is, and holds', async () => {
  await using at = await aDaemon()
  const home = at.daemon.home.root
  for (const name of ['team', 'team/ops']) await at.daemon.access.namespaces.create(name, null)
  const run = async (line: string) => {
    const done = await runHere(line.split(' '), { home })
    expect([line, done.code, done.stderr]).toMatchObject([line, 0, expect.any(String)])
    return done.stdout + done.stderr
  }
  const reach = { namespaces: ['team/ops'], threads: ['th_x', 'th_y'] }
  const made = JSON.parse(
    await run('service-account create --name ops --reach team/ops --reach th_y,th_x --json'),
  ) as { id: string; reach: unknown }
  expect(made.reach).toEqual(reach)
  expect(await run(`service-account describe ${made.id}`)).toMatch(/Reach +team\/ops, th_x, th_y/)

  const out = join(home, 'ops.token')
  const token = await run(`token create --sa ${made.id} --reach th_x --out ${out}`)
  expect(token).toMatch(/Reach +th_x\n/)
  expect(await run('token list')).toContain('records:write in th_x')
  const authorization = `Bearer ${readFileSync(out, 'utf8').trim()}`
  const identity = await at.get('/v1/identity', { authorization })
  expect(await identity.json()).toMatchObject({ reach: { namespaces: [], threads: ['th_x'] } })

  const url = at.base
  const invite = await run(`pair --device tv --url ${url} --invite --no-qr --reach team/ops`)
  expect(invite).toContain('records:write in team/ops')
  expect(await run('pair invites')).toContain('records:write in team/ops')
  const wider = await runHere(['token', 'create', '--sa', made.id, '--reach', 'team'], {
    home,
  })
  expect([wider.code, wider.stderr]).toEqual([1, expect.stringContaining('wider')])
  const admin = 'service-account create --name x --scopes admin --reach team'.split(' ')
  const refused = await runHere(admin, { home })
  expect([refused.code, refused.stderr]).toEqual([1, expect.stringContaining('whole daemon')])
})

it('says where accounts reach, which places are missing, and what a login reaches', async () => {
  await using at = await aDaemon()
  const home = at.daemon.home.root
  const run = (line: string) => runHere(line.split(' '), { home })
  for (const name of ['team', 'team/ops']) await at.daemon.access.namespaces.create(name, null)
  const slip = await run('service-account create --name ops --reach teem --json')
  expect([slip.code, slip.stderr]).toEqual([
    0,
    expect.stringMatching(/warning: there is no namespace teem; did you mean team\?/),
  ])
  const { id } = JSON.parse(slip.stdout) as { id: string }
  expect((await run('service-account list')).stdout).toMatch(/ops .* in teem\n/)
  const fine = await run('service-account create --name fine --reach team/ops,th_x --json')
  expect(fine.stderr).toBe('')
  for (const line of [
    `token create --sa ${id} --reach teem/x --out ${home}/t1`,
    `pair --device browser-tv --url ${at.base} --reach later --invite --out ${home}/t2`,
  ]) {
    expect([line, await run(line)]).toMatchObject([line, { code: 0 }])
    expect((await run(`${line}0`)).stderr).toContain('there is no namespace')
  }
  // A dashboard is about everything: a browser with a reach gets what goes with one.
  expect((await run('pair invites')).stdout).toContain('records:read,records:write in later')
  const missing = await run('thread list --namespace tteam')
  expect([missing.code, missing.stderr]).toEqual([1, expect.stringContaining('did you mean team')])
  expect((await run('thread list --namespace team/ops')).code).toBe(0)

  const invited = { device: 'laptop', reach: { namespaces: ['team'] } }
  const { code } = (await (await at.post('/v1/invites', invited)).json()) as { code: string }
  using machine = aMachine()
  expect((await machine.spl(`login ${at.base} --code ${code}`)).code).toBe(0)
  expect((await machine.spl('status')).stdout).toMatch(/Reach +team\n/)
  expect(JSON.parse((await machine.spl('status --json')).stdout)).toMatchObject({
    account: { reach: { namespaces: ['team'], threads: [] } },
  })
  const elsewhere = await machine.spl('intend tea')
  expect(elsewhere.stderr).toMatch(/REACH_FORBIDDEN[^]*spl status/)
})

it('the machine that logs in may ask for less than its invite, and a rotation for less still', async () => {
  await using at = await aDaemon()
  const home = at.daemon.home.root
  const run = async (line: string) => runHere(line.split(' '), { home })
  const invited = { device: 'laptop', reach: { namespaces: ['team'], threads: ['th_x'] } }
  const { code } = (await (await at.post('/v1/invites', invited)).json()) as { code: string }
  using machine = aMachine()
  const wider = await machine.spl(`login ${at.base} --code ${code} --reach team2`)
  expect([wider.code, wider.stderr]).toEqual([
    1,
    expect.stringMatching(/wider[^]*INVALID_REQUEST[^]*pair invites/),
  ])
  const wrong = await machine.spl(`login ${at.base} --code ${code} --reach TEAM`)
  expect(wrong.code).toBe(2)
  // Neither has used the code up.
  const login = await machine.spl(`login ${at.base} --code ${code} --reach team/ops --json`)
  const { service_account_id: account, reach } = JSON.parse(login.stdout) as Record<string, unknown>
  expect(reach).toEqual({ namespaces: ['team/ops'], threads: [] })
  const rotated = `token rotate ${String(account)} --reach team/ops/ci --out ${home}/t --json`
  expect(JSON.parse((await run(rotated)).stdout)).toMatchObject({
    reach: { namespaces: ['team/ops/ci'], threads: [] },
  })
})
