import { pino } from 'pino'
import { startDaemon } from '../../local-daemon/daemon.ts'

/** A daemon as a process of its own, to be killed: tells its port, and its bearer on the first start. */
const [home = ''] = process.argv.slice(2)
const daemon = await startDaemon({ home, port: 0, logger: pino({ level: 'silent' }) })
const { port } = daemon.addresses.tcp
process.stdout.write(`${JSON.stringify({ port, bearer: daemon.adminBearer })}\n`)
