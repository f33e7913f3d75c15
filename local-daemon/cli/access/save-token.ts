import type { Home } from '../../config/home.ts'
import { warn } from '../output.ts'
import { readBearer } from './read-bearer.ts'
import { replacedTokenFile } from './secret-file.ts'
import { tokenFile } from './token-file.ts'

/** Keeps a bearer in the home, and warns about one of another form: a daemon may know more than we do. */
export async function saveToken(home: Home, bearer: string): Promise<string> {
  if ((await readBearer(bearer)) === undefined) {
    warn(
      'that does not look like a bearer (spl_<env>_<service account>_<secret>); saved all the same',
    )
  }
  const sink = await replacedTokenFile(home)
  await sink.deliver(bearer)
  return tokenFile(home)
}
