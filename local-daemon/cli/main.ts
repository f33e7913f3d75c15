#!/usr/bin/env node
import { refuseOldNode } from './old-node.ts'

const refusal = refuseOldNode(process.versions)
if (refusal === undefined) {
  const { runSpl } = await import('./spl.ts')
  await runSpl(process.argv)
} else {
  process.stderr.write(refusal)
  process.exitCode = 1
}
