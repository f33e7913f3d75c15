import { createConfig, lintFromString } from '@redocly/openapi-core'
import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { DOCUMENT } from './document.ts'

/** Prints what is wrong with docs/openapi.json; exits with 1 if something is. */
const config = await createConfig({
  extends: ['recommended-strict'],
  rules: {
    // The data of events: OpenAPI 3.1 has no event streams, so `x-event-data` refers to them.
    'no-unused-components': 'off',
  },
})
const problems = await lintFromString({
  source: readFileSync(DOCUMENT, 'utf8'),
  absoluteRef: fileURLToPath(DOCUMENT),
  config,
})
for (const { ruleId, message, location } of problems) {
  process.stderr.write(`${ruleId}: ${message} at ${location[0]?.pointer ?? '?'}\n`)
}
process.exitCode = problems.length === 0 ? 0 : 1
