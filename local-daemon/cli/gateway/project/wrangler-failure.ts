import { CliError } from '../../cli-error.ts'
import type { Command } from './find-wrangler.ts'

/** Found in what wrangler wrote, and the error that it then is. Numbers in brackets are codes of Cloudflare's API. */
type Cause = readonly [found: RegExp, error: (told: string) => CliError]

const PERMISSIONS =
  'a token with Account / Workers Scripts / Edit, and for a domain also Zone / Workers Routes / Edit and Zone / Zone / Read, at https://dash.cloudflare.com/profile/api-tokens'

/** The first that fits is told. */
const CAUSES: readonly Cause[] = [
  [
    /necessary to set a CLOUDFLARE_API_TOKEN|not logged in|not authenticated/iu,
    // The missing token is told in a paragraph about documentation: ours is shorter.
    () =>
      new CliError(
        'CLOUDFLARE_TOKEN_MISSING',
        'this machine is not signed in to Cloudflare',
        `set CLOUDFLARE_API_TOKEN in the environment (${PERMISSIONS}), or sign in once: npx wrangler login`,
      ),
  ],
  [
    /More than one account available|\[code: (?:7003|9999)\]/iu,
    (told) =>
      new CliError(
        'CLOUDFLARE_ACCOUNT_UNKNOWN',
        `Cloudflare cannot tell which account you mean: ${told}`,
        'set CLOUDFLARE_ACCOUNT_ID in the environment; the dashboard shows it',
      ),
  ],
  [
    /\[code: (?:6003|6111|9106|9109|10000|10001|10405)\]|Authentication error|Unable to authenticate/iu,
    (told) =>
      new CliError(
        'CLOUDFLARE_TOKEN_REFUSED',
        `Cloudflare refuses the token, or it lacks a permission: ${told}`,
        `create ${PERMISSIONS}, and check CLOUDFLARE_ACCOUNT_ID`,
      ),
  ],
  [
    /register a workers\.dev subdomain|\[code: 10063\]/iu,
    (told) =>
      new CliError(
        'WORKERS_DEV_UNREGISTERED',
        `the account has no workers.dev subdomain yet: ${told}`,
        'register one under Workers in the dashboard; or spl gateway init --domain <hostname>',
      ),
  ],
  [
    /Could not find zone for|\[code: (?:10082|100114|100116)\]/iu,
    (told) =>
      new CliError(
        'DOMAIN_NOT_IN_ACCOUNT',
        `the hostname belongs to no domain of this account: ${told}`,
        'add the domain to the account at Cloudflare, or: spl gateway init --domain <another hostname>; use --zone if spl guessed the domain wrong',
      ),
  ],
  [
    /already has externally managed DNS|Custom Domains? already exist|(?:assigned to|associated with) another worker|\[code: (?:10020|100117)\]/iu,
    (told) =>
      new CliError(
        'DOMAIN_TAKEN',
        `the hostname already has a DNS record or another Worker: ${told}`,
        'remove it in the dashboard first, or: spl gateway init --domain <another hostname>',
      ),
  ],
  [
    /\[code: (?:10027|10037|10061|10097|100328|100329)\]|exceed(?:s|ed) the .*limit/iu,
    (told) =>
      new CliError(
        'CLOUDFLARE_LIMIT',
        `the account has reached a limit of its plan: ${told}`,
        'remove a Worker that you do not need, or change the plan; docs/cost.md shows what a gateway needs',
      ),
  ],
  [
    /\[code: (?:10064|10070|10074|10079)\]/u,
    (told) =>
      new CliError(
        'MIGRATION_CONFLICT',
        `the deployed Worker has other object classes than this version expects: ${told}`,
        'use the newest spl and the wrangler.toml that spl gateway init writes; or another --name',
      ),
  ],
  [
    /\[code: (?:10007|10090|10092)\]|Worker does not exist/iu,
    (told) =>
      new CliError(
        'WORKER_MISSING',
        `there is no Worker of this name in the account: ${told}`,
        'spl gateway deploy, or check name in wrangler.toml and CLOUDFLARE_ACCOUNT_ID',
      ),
  ],
  [
    /spawn npx ENOENT|npm (?:error|ERR!)/u,
    (told) =>
      new CliError(
        'WRANGLER_MISSING',
        `wrangler is not installed in the project, and npx could not fetch it: ${told}`,
        'run npm install in the directory of the project, with access to the npm registry',
      ),
  ],
  [
    /fetch failed|ECONNREFUSED|ENOTFOUND|EAI_AGAIN|ETIMEDOUT|UND_ERR|\b50[234]\b/u,
    (told) =>
      new CliError(
        'CLOUDFLARE_UNREACHABLE',
        `Cloudflare does not answer: ${told}`,
        'check your connection and https://www.cloudflarestatus.com, then run the same command again',
      ),
  ],
]

/** Why wrangler failed, from what it wrote: a stable code and a next step. */
export function wranglerFailure(output: string, wrangler: Command): CliError {
  const told = errorLines(output)
  for (const [found, error] of CAUSES) if (found.test(told)) return error(firstLine(told))
  return new CliError(
    'WRANGLER_FAILED',
    `${wrangler.name} failed: ${firstLine(told)}`,
    'read the lines above; it is safe to run the same command again',
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
