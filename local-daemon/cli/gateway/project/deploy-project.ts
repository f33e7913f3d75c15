import { stat } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { VERSION } from '../../../process/version.ts'
import { workerBundle } from '../../../gateway/worker-bundle.ts'
import { note } from '../../output/output.ts'
import { fields } from '../../output/table.ts'
import { checkDomain } from './check-domain.ts'
import { checkReplaced, type ReplaceChoice } from './check-replaced.ts'
import { deployedWorker } from './deployed-worker.ts'
import { findProject, type Project } from './find-project.ts'
import { findWrangler } from './find-wrangler.ts'
import { readProjectNote } from './project-note.ts'
import { runWrangler, type WranglerEntry } from './run-wrangler.ts'
import { noteHostnames, writeProject } from './write-project.ts'

export interface DeployRequest extends ReplaceChoice {
  readonly directory: string
  readonly dryRun: boolean
}

export interface Deployment {
  readonly project: Project
  /** Public origins, the own domain first, and a wildcard as `https://*.spl.example.com`. Empty after a dry run. */
  readonly hostnames: readonly string[]
  readonly versionId: string | null
  /** Size of the Worker as it lies in the project; null where wrangler builds it from source. */
  readonly bytes: number | null
}

/**
 * Deploys a project: brings its files up to this version of spl, says what it will do, looks at what has the name, then
 * calls wrangler. Each step can be repeated.
 *
 * @throws CliError
 */
export async function deployProject(request: DeployRequest): Promise<Deployment> {
  await refresh(resolve(request.directory))
  const project = await findProject(request.directory)
  const { directory } = project
  const worker = await stat(join(directory, 'worker.js')).catch(() => undefined)
  announce(project, worker?.size, request.dryRun)
  if (!request.dryRun) {
    checkReplaced(project, await deployedWorker(project), request)
    if (!request.replace) await checkDomain(project)
  }
  const args = ['deploy', ...(request.dryRun ? ['--dry-run'] : [])]
  const { report } = await runWrangler({ directory, args })
  const deploy = report.find(({ type }) => type === 'deploy')
  const hostnames = request.dryRun ? [] : originsOf(project, deploy)
  if (hostnames.length > 0) await noteHostnames(directory, hostnames)
  return { project, hostnames, versionId: deploy?.version_id ?? null, bytes: worker?.size ?? null }
}

/** The Worker that is uploaded is the one of the spl that is called. What a person has changed is theirs. */
async function refresh(directory: string): Promise<void> {
  const before = await readProjectNote(directory)
  if (before === undefined) return
  const files = await writeProject(directory, before.settings, await workerBundle(), 'keep')
  for (const [name, state] of Object.entries(files)) {
    if (state === 'kept') note(`${name} was changed by hand and is left as it is`)
    else if (state !== 'unchanged') note(`${name} is updated to spl ${VERSION}`)
  }
}

function announce(project: Project, bytes: number | undefined, dryRun: boolean): void {
  const account = process.env['CLOUDFLARE_ACCOUNT_ID']
  const { name, owner, several, routes, workersDev } = project
  const hostnames = [
    ...routes.map(({ hostname }) => `https://${hostname}`),
    ...(workersDev ? [`https://${name}.<account>.workers.dev`] : []),
  ]
  note(
    fields([
      [dryRun ? 'Would deploy' : 'Deploying', `${name}, spl ${VERSION}, from ${project.directory}`],
      ['Hostname', hostnames.join(' and ')],
      several
        ? ['Admin', `${owner}, who assigns hostnames to the owners`]
        : ['Owner', `${owner}, the one daemon that may connect`],
      ['Account', account ?? 'the only one that the token or login can access'],
      [
        'Bindings',
        'TUNNEL and REGISTRY (the objects TunnelObject and RegistryObject, SQLite), two rate limits, no secret',
      ],
      ['Size', bytes === undefined ? undefined : `${Math.ceil(bytes / 1024)} KiB`],
      ['With', findWrangler(project.directory).name],
    ]).trimEnd(),
  )
}

/** Wrangler reports hostnames with and without a scheme, and notes in brackets; of routes that are there already, none. */
function originsOf(project: Project, deploy: WranglerEntry | undefined): string[] {
  const names = (deploy?.targets ?? []).map((target) => {
    const [hostname = ''] = target.replace(/^https:\/\//u, '').split(/[\s/]/u)
    return hostname
  })
  const own = project.routes.map(({ hostname }) => hostname)
  const ordered = [...(project.domain === null ? [] : [project.domain]), ...own, ...names]
  return [...new Set(ordered)].filter(Boolean).map((hostname) => `https://${hostname}`)
}
