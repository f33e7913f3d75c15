import type { Home } from '../../home/home.ts'
import { loginFile, writeLogin, type Login } from '../client/login-file.ts'
import { warn } from '../output/output.ts'
import { deliverSecret } from '../output/secret/deliver-secret.ts'
import { readBearer } from '../client/read-bearer.ts'
import { replacedTokenFile } from '../output/secret/secret-file.ts'
import { tokenFile } from '../client/token-file.ts'

/** Keeps a bearer in the home, with the login if its commands go elsewhere by one, and warns about one of another form: a daemon may know more than we do. */
export async function saveToken(
  home: Home,
  bearer: string,
  login: Login | undefined,
): Promise<string> {
  if ((await readBearer(bearer)) === undefined) {
    warn(
      'that does not look like a bearer token (spl_<env>_<service account>_<secret>); saved anyway',
    )
  }
  if (login !== undefined) {
    writeLogin(home, { ...login, bearer })
    return loginFile(home)
  }
  const sink = await replacedTokenFile(home)
  await deliverSecret(sink, bearer, {
    takeBack: () => Promise.reject(new Error('it was there before')),
    again:
      'free some space and save it again; if it is a new one, revoke it: spl token list, spl token revoke',
  })
  return tokenFile(home)
}
