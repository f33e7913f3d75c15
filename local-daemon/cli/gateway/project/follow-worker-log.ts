import { abortOnSignal } from '../../signals/abort-on-signal.ts'
import { note, print, printJson } from '../../output/output.ts'
import { findProject } from './find-project.ts'
import { runWrangler } from './run-wrangler.ts'

/**
 * Follows the log of a deployed Worker until a signal, with `wrangler tail`.
 *
 * @param json print each event as one line of JSON
 * @throws CliError
 */
export async function followWorkerLog(directory: string, json: boolean): Promise<void> {
  const project = await findProject(directory)
  const signal = abortOnSignal()
  note(`following ${project.name} at Cloudflare; stop with Ctrl-C`)
  await runWrangler({
    directory: project.directory,
    args: ['tail', project.name, '--format', json ? 'json' : 'pretty'],
    onLine: json ? jsonLines() : print,
    signal,
  })
}

/** Wrangler writes an event over many lines, from `{` to `}` in the first column. */
function jsonLines(): (line: string) => void {
  let gathered: string[] = []
  return (line) => {
    if (line === '{') gathered = []
    gathered.push(line)
    if (line !== '}') return
    const event = parse(gathered.join('\n'))
    gathered = []
    if (event !== undefined) printJson(event)
  }
}

function parse(text: string): object | undefined {
  try {
    return JSON.parse(text) as object
  } catch {
    return undefined
  }
}
