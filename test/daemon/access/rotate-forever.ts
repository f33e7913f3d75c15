import { rotateIdentity } from '../../../local-daemon/access/identity/rotate-identity.ts'
import { homeAt } from '../../../local-daemon/home/home.ts'

/** Rotates the identity of a home again and again, and names each one that is in place, until it is killed. */
const home = homeAt(process.argv[2] ?? '')
process.stdout.write('begin\n')
for (;;) {
  const { to } = await rotateIdentity(home, false)
  process.stdout.write(`${to}\n`)
}
