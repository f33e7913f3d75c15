import type { Home } from '../../home/home.ts'
import { loginFile, writeLogin, type Login } from '../client/login-file.ts'
import { noBearer } from './no-bearer.ts'
import { deliverSecret } from '../output/secret/deliver-secret.ts'
import { readBearer } from '../client/read-bearer.ts'
import { replacedTokenFile } from '../output/secret/secret-file.ts'
import { tokenFile } from '../client/token-file.ts'

/**
 * Keeps a bearer in the home, with the login if its commands go elsewhere by one.
 *
 * @throws CliError TOKEN_INVALID for what is none: it would replace one that works
 */
export async function saveToken(
  home: Home,
  bearer: string,
  login: Login | undefined,
): Promise<string> {
  if ((await readBearer(bearer)) === undefined) throw noBearer(bearer, 'spl token save')
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
