import { createInterface, type Interface } from 'node:readline/promises'
import { CommanderError } from 'commander'
import { CliError } from '../cli-error.ts'
import { EXIT_CODE } from '../exit-code.ts'
import { note } from '../output/output.ts'
import { parseOrigins } from '../parse/origins.ts'
import { parseGateway } from '../parse/gateway.ts'
import { parseHostname } from '../parse/hostname.ts'
import type { Present, Wish } from './wish.ts'
import { isProxy, MATRIX, USE_CASES, type UseCase, type Way } from './use-case.ts'

/** What the flags have said so far; the rest is asked for. */
export type HalfWish = Partial<Omit<Wish, 'origins'>> & Pick<Wish, 'origins'>

/** Tries at one question before the command gives up: somebody holds the wrong end. */
const TRIES = 3

/**
 * Asks for what the flags have left open, on stderr, so that stdout stays data.
 *
 * @throws CliError EXPOSE_USE_MISSING without a terminal, EXPOSE_NOT_ANSWERED
 */
export async function askWish(half: HalfWish, present: Present): Promise<Wish> {
  if (half.use !== undefined && !process.stdin.isTTY) return { ...half, use: half.use }
  if (!process.stdin.isTTY) throw useMissing()
  const terminal = createInterface({ input: process.stdin, output: process.stderr })
  try {
    return await ask(terminal, half, present)
  } finally {
    terminal.close()
  }
}

async function ask(terminal: Interface, half: HalfWish, present: Present): Promise<Wish> {
  const use = half.use ?? (await chooseUse(terminal))
  const way = half.way ?? (half.use === undefined ? await chooseWay(terminal, use) : undefined)
  const wish = { ...half, use, ...(way !== undefined && { way }) }
  if (use === 'browser' && half.origins.length === 0) {
    const question = 'Origin of the page, such as https://app.example.com'
    return { ...wish, origins: await answer(terminal, question, needed(parseOrigins)) }
  }
  if (way !== undefined && isProxy(way) && half.hostname === undefined) {
    const question = 'Public hostname, such as spl.example.com'
    return { ...wish, hostname: await answer(terminal, question, needed(parseHostname)) }
  }
  if (way === 'gateway' && half.gateway === undefined && !present.running?.gateway) {
    const question = 'Address of the gateway, such as https://spl.example.com'
    const url = await answer(terminal, question, needed(parseGateway))
    return { ...wish, gateway: { url, cacert: null } }
  }
  return wish
}

async function chooseUse(terminal: Interface): Promise<UseCase> {
  note('Who should reach this daemon?')
  return choose(terminal, USE_CASES, (use) => MATRIX[use].title)
}

async function chooseWay(terminal: Interface, use: UseCase): Promise<Way | undefined> {
  const { ways, why } = MATRIX[use]
  if (ways.length === 1) return ways[0]
  note(`How should they reach it? ${ways[0]} is recommended: ${why}.`)
  return choose(terminal, ways, (way) => WAY_TITLES[way])
}

const WAY_TITLES: Readonly<Record<Way, string>> = {
  loopback: 'this machine only',
  lan: 'the address in your home network, plain HTTP',
  tailnet: 'Tailscale or another WireGuard network',
  gateway: 'the spl gateway: a public hostname, no open port',
  caddy: 'Caddy in front; it gets its own certificates',
  nginx: 'nginx in front',
  traefik: 'Traefik in front',
  cloudflared: 'Cloudflare Tunnel',
}

async function choose<Choice>(
  terminal: Interface,
  choices: readonly Choice[],
  title: (choice: Choice) => string,
): Promise<Choice> {
  for (const [at, choice] of choices.entries()) note(`  ${at + 1}  ${title(choice)}`)
  return answer(terminal, `1 to ${choices.length} [1]`, (text) => {
    const chosen = choices[(text === '' ? 1 : Number(text)) - 1]
    if (chosen !== undefined) return chosen
    throw new InvalidAnswer(`${text} is not a number from 1 to ${choices.length}.`)
  })
}

class InvalidAnswer extends Error {}

/** Without a default, Enter alone is no answer. */
function needed<Value>(parse: (text: string) => Value): (text: string) => Value {
  return (text) => {
    if (text !== '') return parse(text)
    throw new InvalidAnswer('This needs an answer; Ctrl-C cancels.')
  }
}

/** Asks until the answer can be used, and says what is wrong with one that cannot. */
async function answer<Value>(
  terminal: Interface,
  question: string,
  parse: (text: string) => Value,
): Promise<Value> {
  for (let tries = 0; tries < TRIES; tries += 1) {
    const text = (await terminal.question(`${question}: `)).trim()
    try {
      return parse(text)
    } catch (error) {
      if (!(error instanceof CommanderError || error instanceof InvalidAnswer)) throw error
      note(error.message)
    }
  }
  throw notAnswered()
}

/** Whether to go on; without a terminal only `--yes` says so. */
export async function confirm(question: string): Promise<boolean> {
  const terminal = createInterface({ input: process.stdin, output: process.stderr })
  try {
    return /^y(?:es)?$/iu.test((await terminal.question(`${question} [y/N] `)).trim())
  } finally {
    terminal.close()
  }
}

function useMissing(): CliError {
  return new CliError(
    'EXPOSE_USE_MISSING',
    'no use is given, and there is no terminal to ask',
    `spl expose <use>: one of ${USE_CASES.join(', ')}`,
    EXIT_CODE.usage,
  )
}

function notAnswered(): CliError {
  return new CliError(
    'EXPOSE_NOT_ANSWERED',
    'the question was not answered; nothing was changed',
    'spl expose --help shows the options that answer it',
    EXIT_CODE.usage,
  )
}
