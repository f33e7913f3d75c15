import type { Check } from '../check.ts'
import { ask, type Outside } from './outside.ts'

const WELL_KNOWN = '/.well-known/syncropel'

/** Whether a path with a dot passes: many servers hide every file that begins with one. */
export async function probeDotPaths(outside: Outside): Promise<Check> {
  const name = 'dot-paths'
  const { status, json } = await ask(outside, { path: WELL_KNOWN, anonymous: true })
  const details = { path: WELL_KNOWN, status }
  if (status === 200 && json.object === 'capabilities_manifest') {
    return { name, status: 'pass', message: `${WELL_KNOWN} passes`, details }
  }
  return {
    name,
    status: 'fail',
    message: `${WELL_KNOWN} does not reach the daemon (${status}): the proxy drops paths that begin with a dot`,
    fix: 'Remove the rule that denies them (nginx: location ~ /\\. { deny all; }), or allow /.well-known/ before it.',
    details,
  }
}

/** The daemon refuses it with its own code; a proxy that merges the slashes asks for something else. */
const DOUBLED = '//health'
/** One segment of an existing route; a proxy that decodes it asks for a route that does not exist. */
const ENCODED = '/v1/threads/th_probe%2Fa/records?limit=1'

/** Whether paths go on byte for byte. */
export async function probeEncodedPaths(outside: Outside): Promise<Check> {
  const name = 'encoded-paths'
  const doubled = await ask(outside, { path: DOUBLED })
  const encoded = await ask(outside, { path: ENCODED })
  const changed: string[] = []
  if (doubled.json.code !== 'INVALID_TARGET') changed.push('// becomes /, or is refused')
  if (encoded.json.code === 'NOT_FOUND' || encoded.json.object === undefined) {
    changed.push('%2F becomes /, or is refused')
  }
  const details = { changed }
  if (changed.length === 0) {
    return { name, status: 'pass', message: 'Paths arrive as they were sent', details }
  }
  return {
    name,
    status: 'warn',
    message: `The proxy changes paths: ${changed.join('; ')}`,
    fix: 'Forward the path unchanged (nginx: proxy_pass with nothing after the port). The routes of this daemon need neither // nor %2F, so you can leave it.',
    details,
  }
}
