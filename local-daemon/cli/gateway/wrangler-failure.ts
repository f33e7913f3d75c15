import { CliError } from '../cli-error.ts'
import type { Command } from './find-wrangler.ts'

interface Cause {
  readonly code: string
  /** Found in what wrangler wrote; numbers in brackets are codes of Cloudflare's API. */
  readonly pattern: RegExp
  readonly message: string
  readonly try: string
}

const PERMISSIONS =
  'a token with Account / Workers Scripts / Edit, and for a domain also Zone / Workers Routes / Edit and Zone / Zone / Read, at https://dash.cloudflare.com/profile/api-tokens'

/** The first that fits is told. */
const CAUSES: readonly Cause[] = [
  {
    code: 'CLOUDFLARE_TOKEN_MISSING',
    pattern: /necessary to set a CLOUDFLARE_API_TOKEN|not logged in|not authenticated/iu,
    message: 'nobody is signed in to Cloudflare here',
    try: `CLOUDFLARE_API_TOKEN=… in the environment (${PERMISSIONS}), or once: npx wrangler login`,
  },
  {
    code: 'CLOUDFLARE_ACCOUNT_UNKNOWN',
    pattern: /More than one account available|\[code: (?:7003|9999)\]/iu,
    message: 'Cloudflare cannot tell which account is meant',
    try: 'CLOUDFLARE_ACCOUNT_ID=… in the environment; the dashboard shows it',
  },
  {
    code: 'CLOUDFLARE_TOKEN_REFUSED',
    pattern:
      /\[code: (?:6003|6111|9106|9109|10000|10001|10405)\]|Authentication error|Unable to authenticate/iu,
    message: 'Cloudflare refuses the token, or it lacks a permission',
    try: `${PERMISSIONS}; and check CLOUDFLARE_ACCOUNT_ID`,
  },
  {
    code: 'WORKERS_DEV_UNREGISTERED',
    pattern: /register a workers\.dev subdomain|\[code: 10063\]/iu,
    message: 'the account has no workers.dev subdomain yet',
    try: 'register one, once, under Workers in the dashboard; or spl gateway init --domain <hostname>',
  },
  {
    code: 'DOMAIN_NOT_IN_ACCOUNT',
    pattern: /Could not find zone for|\[code: (?:10082|100114|100116)\]/iu,
    message: 'the hostname belongs to no domain of this account',
    try: 'add the domain to the account at Cloudflare, or: spl gateway init --domain <another hostname>',
  },
  {
    code: 'DOMAIN_TAKEN',
    pattern: /already has externally managed DNS|Custom Domains? already exist|\[code: 100117\]/iu,
    message: 'the hostname has a DNS record or another Worker already',
    try: 'remove that record in the dashboard first, or: spl gateway init --domain <another hostname>',
  },
  {
    code: 'CLOUDFLARE_LIMIT',
    pattern: /\[code: (?:10027|10037|10061|10097|100328|100329)\]|exceed(?:s|ed) the .*limit/iu,
    message: 'the account may hold no more of this on its plan',
    try: 'remove a Worker that is not needed, or change the plan; docs/cost.md has what a gateway needs',
  },
  {
    code: 'MIGRATION_CONFLICT',
    pattern: /\[code: (?:10064|10070|10074|10079)\]/u,
    message: 'what is deployed has other classes of objects than this version expects',
    try: 'the newest spl, and wrangler.toml as spl gateway init writes it; or another --name',
  },
  {
    code: 'WORKER_MISSING',
    pattern: /\[code: (?:10007|10090|10092)\]|Worker does not exist/iu,
    message: 'there is no Worker of this name in the account',
    try: 'spl gateway deploy, or look at name in wrangler.toml and at CLOUDFLARE_ACCOUNT_ID',
  },
  {
    code: 'WRANGLER_MISSING',
    pattern: /spawn npx ENOENT|npm (?:error|ERR!)/u,
    message: 'wrangler is not installed in the project, and npx could not fetch it',
    try: 'npm install in the directory of the project, on a line to the npm registry',
  },
  {
    code: 'CLOUDFLARE_UNREACHABLE',
    pattern: /fetch failed|ECONNREFUSED|ENOTFOUND|EAI_AGAIN|ETIMEDOUT|UND_ERR|\b50[234]\b/u,
    message: 'Cloudflare does not answer',
    try: 'check the line and https://www.cloudflarestatus.com, then the same command again',
  },
]

/** Why wrangler failed, from what it wrote: a stable code and a next step. */
export function wranglerFailure(output: string, wrangler: Command): CliError {
  const told = errorLines(output)
  for (const cause of CAUSES) {
    if (cause.pattern.test(told)) {
      // The missing token is told in a paragraph about documentation: ours is shorter.
      const detail = cause.code === 'CLOUDFLARE_TOKEN_MISSING' ? '' : `: ${firstLine(told)}`
      return new CliError(cause.code, `${cause.message}${detail}`, cause.try)
    }
  }
  return new CliError(
    'WRANGLER_FAILED',
    `${wrangler.name} failed: ${firstLine(told)}`,
    'read the lines above; the same command again is safe',
  )
}

/**
 * The part that tells the cause: from the first error to the second. Asked for more, wrangler then looks up who is signed in, and when
 * that fails too its error is about something else.
 */
function errorLines(output: string): string {
  const [before = '', first, ...more] = output.split(/^.*\[ERROR\] /mu)
  if (first === undefined) return before
  return /\/user\b/u.test(first) && more[0] !== undefined ? more[0] : first
}

function firstLine(text: string): string {
  const lines = text.split('\n').map((line) => line.trim())
  const coded = lines.find((line) => /\[code: \d+\]/u.test(line))
  return coded ?? lines.find((line) => line !== '') ?? 'no reason given'
}
