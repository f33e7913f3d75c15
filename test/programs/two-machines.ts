import { execFileSync, spawn, type ChildProcess } from 'node:child_process'
import { text } from 'node:stream/consumers'
import { fileURLToPath } from 'node:url'
import type { Readable } from 'node:stream'
import type { SplRun } from '../support/cli/run-spl.ts'

const MAIN = fileURLToPath(new URL('../../local-daemon/cli/main.ts', import.meta.url))

/**
 * Two machines on one wire, as network namespaces of this one: `home`, with an address in a private network and one in the
 * space of tailnets, and `other`, which reaches both.
 */
export interface TwoMachines extends Disposable {
  readonly lan: string
  readonly tailnet: string
  /** Runs `spl` on one of them, with `home` as its home directory. */
  spl(
    machine: Machine,
    home: string,
    args: readonly string[],
    env?: Readonly<Record<string, string>>,
  ): Promise<SplRun>
  /** Runs a JavaScript expression on one of them and returns what it resolves to, as JSON. */
  evaluate(machine: Machine, expression: string): Promise<unknown>
}
export type Machine = 'home' | 'other'

const LACK = 'needs root and the program ip (apt-get install iproute2) to make network namespaces'

/** Why there can be no second machine here; undefined if there can be one. An error under CI. */
export function whyNoMachines(): string | undefined {
  try {
    const name = `spl-try-${process.pid}`
    ip('netns', 'add', name)
    ip('netns', 'del', name)
    return undefined
  } catch {
    if (process.env['CI'] === 'true') throw new Error(LACK)
    return LACK
  }
}

export function twoMachines(): TwoMachines {
  const id = `spl${process.pid}`
  const name = { home: `${id}h`, other: `${id}o` } as const
  const lan = '192.168.77.1'
  const tailnet = '100.101.77.1'
  ip('netns', 'add', name.home)
  ip('netns', 'add', name.other)
  ip('link', 'add', 'v0', 'netns', name.home, 'type', 'veth', 'peer', 'v0', 'netns', name.other)
  ip('-n', name.home, 'address', 'add', `${lan}/24`, 'dev', 'v0')
  ip('-n', name.home, 'address', 'add', `${tailnet}/32`, 'dev', 'v0')
  ip('-n', name.other, 'address', 'add', '192.168.77.2/24', 'dev', 'v0')
  for (const one of [name.home, name.other]) {
    for (const link of ['lo', 'v0']) ip('-n', one, 'link', 'set', link, 'up')
  }
  ip('-n', name.other, 'route', 'add', tailnet, 'dev', 'v0')

  function run(machine: Machine, args: readonly string[], env: Record<string, string>) {
    const inherited = Object.entries(process.env).filter(([key]) => !/^(SPL|SYNCROPEL)_/u.test(key))
    return spawn('ip', ['netns', 'exec', name[machine], process.execPath, ...args], {
      env: { ...Object.fromEntries(inherited), ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
    })
  }

  return {
    lan,
    tailnet,
    spl: (machine, home, args, env = {}) =>
      outcome(run(machine, [MAIN, ...args], { SYNCROPEL_HOME: home, ...env })),
    async evaluate(machine, expression) {
      const script = `const value = await (${expression}); process.stdout.write(JSON.stringify(value))`
      const { stdout, stderr, code } = await outcome(
        run(machine, ['--input-type=module', '-e', script], {}),
      )
      if (code !== 0) throw new Error(stderr)
      return JSON.parse(stdout)
    },
    [Symbol.dispose]() {
      ip('netns', 'del', name.home)
      ip('netns', 'del', name.other)
    },
  }
}

async function outcome(child: ChildProcess): Promise<SplRun> {
  const [stdout, stderr, code] = await Promise.all([
    text(child.stdout as Readable),
    text(child.stderr as Readable),
    new Promise<number | null>((resolve) => child.once('close', resolve)),
  ])
  return { code, stdout, stderr }
}

function ip(...args: readonly string[]): void {
  execFileSync('ip', args, { stdio: 'pipe' })
}
