import { startDaemon } from '../../../local-daemon/daemon.ts'

/* A daemon on a free port; prints `started`, or the code of the refusal. */

try {
  await startDaemon({ home: process.argv[2] ?? '', port: 0 })
  process.stdout.write('started\n')
} catch (error) {
  process.stdout.write(`${(error as { code: string }).code}\n`)
}
