import manifest from '../../../../package.json' with { type: 'json' }
import type { ProjectSettings } from './project-settings.ts'
import { wranglerConfig } from './wrangler-config.ts'

/** The version of wrangler that this version of spl is tested with. */
export const WRANGLER_VERSION: string = manifest.devDependencies.wrangler

/**
 * The files of a gateway project by name, whole.
 *
 * @param worker the Worker as one module
 */
export function projectFiles(
  settings: ProjectSettings,
  worker: string,
): Readonly<Record<string, string>> {
  return {
    'wrangler.toml': wranglerConfig(settings),
    'worker.js': worker,
    'package.json': packageJson(settings.name),
    'README.md': readme(settings),
    '.gitignore': 'node_modules/\n.wrangler/\n.dev.vars\n.env\n',
  }
}

function packageJson(name: string): string {
  const content = {
    name,
    private: true,
    type: 'module',
    scripts: { deploy: 'wrangler deploy', logs: 'wrangler tail' },
    devDependencies: { wrangler: WRANGLER_VERSION },
  }
  return `${JSON.stringify(content, undefined, 2)}\n`
}

function readme({ name, owner, several }: ProjectSettings): string {
  return `# ${name}

${
  several
    ? 'The public side of several daemons at home, for Cloudflare Workers. Only this identity may assign hostnames:'
    : 'The public side of a daemon at home, for Cloudflare Workers. Only the daemon with this identity may connect:'
}

    ${owner}

    spl gateway deploy .      # look first with --dry-run
    spl gateway status        # at home: end to end through the public hostname
    spl gateway logs .
    spl gateway remove .

\`worker.js\` is the Worker of the package \`spl\`: do not edit it. \`spl gateway deploy\` updates it to the version of
the \`spl\` that you run. There is no secret in this folder.
`
}
