import { existsSync } from 'node:fs'

const USUAL = '/usr/bin/chromium'

/**
 * Path of the system's Chromium, or of the one that `CHROMIUM_PATH` names. Where there is none: undefined, after
 * saying what is left out and how to get it, or an error where nothing may be left out (`CI=true`).
 * @param say takes one line
 */
export function findChromium(
  env: Readonly<Record<string, string | undefined>>,
  say: (line: string) => void,
): string | undefined {
  const path = env['CHROMIUM_PATH'] || USUAL
  if (existsSync(path)) return path
  const how = `apt-get install chromium, or name yours in CHROMIUM_PATH`
  if (env['CI'] === 'true') throw new Error(`no Chromium at ${path}: ${how}`)
  say(`test/browser skipped, no Chromium at ${path}: ${how}`)
  return undefined
}
