import { jsonAnswer } from '../answers/answer.ts'
import { CreatedAccount, FirstAccount } from '../schemas/access-schemas.ts'
import { answers, jsonBody } from '../schemas/describe.ts'
import { parseBody } from '../input/parse-input.ts'
import { accountView, tokenView } from './access-views.ts'
import type { RouteParts } from './route-parts.ts'

/** `POST /v1/bootstrap/service-account`: the first account, once, from this machine only. */
export function addBootstrap({ router, authorise, bootstrap, store, edge }: RouteParts): void {
  router.on(
    {
      method: 'post',
      path: '/v1/bootstrap/service-account',
      operationId: 'bootstrap',
      refuses: ['BOOTSTRAP_CLOSED'],
      summary: 'Make the first account; closes for good after it',
      request: jsonBody(FirstAccount),
      responses: { 201: answers(CreatedAccount, 'The admin’s account and bearer') },
    },
    async (c) => {
      const { name } = await parseBody(FirstAccount, c, authorise)
      const authorization = c.req.raw.headers.get('authorization')
      const fresh = await bootstrap.open(name, authorization, c.env)
      const minted = { ...tokenView(store, fresh.tokenId), token: fresh.token }
      const answer = { ...accountView(store, fresh.account), minted, edge: await edge.settled() }
      return jsonAnswer(c.env, 201, JSON.stringify(answer))
    },
  )
}
