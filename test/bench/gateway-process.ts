import { startGateway } from '../../local-daemon/gateway/start-gateway.ts'
import { startWithInspector } from './profile/inspected-workerd.ts'

/** The gateway as `spl gateway serve` runs it: the front and workerd's supervisor in a process of their own. */
const [ownerDid, directory] = process.argv.slice(2) as [string, string]
const inspectorPort = process.env['BENCH_INSPECTOR_PORT']
if (inspectorPort !== undefined) startWithInspector(directory, inspectorPort)
const gateway = await startGateway({
  ownerDid,
  directory,
  // A body that is cut on purpose (the stalled readers) is reported there; it is no news.
  onLog: () => {},
})
process.send?.({ url: gateway.url, pid: gateway.pid })
process.once('disconnect', () => {
  void gateway.stop().then(() => process.exit(0))
})
