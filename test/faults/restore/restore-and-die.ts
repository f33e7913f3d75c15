import { runSpl } from '../../../local-daemon/cli/spl.ts'
import { countSteps, killAfter } from '../../support/kill-at-step.ts'

/* Restores the newest backup, and is killed before the nth step that changes a file; prints `whole` if it was not. */

const [step = '0'] = process.argv.slice(2)
countSteps([
  'copyFileSync',
  'fsyncSync',
  'mkdirSync',
  'mkdtempSync',
  'renameSync',
  'rmSync',
  'rmdirSync',
  'writeSync',
])
killAfter(Number(step))

await runSpl(['node', 'spl', 'restore', '--yes', '--json'])
killAfter(Infinity)
if (process.exitCode === undefined || process.exitCode === 0) process.stdout.write('whole')
