import { createPrivateKey, createPublicKey, sign } from 'node:crypto'
import { createSignature } from 'http-message-sig'
import { describe, expect, it } from 'vitest'
import {
  signConnectProof,
  verifyConnectProof,
  type ProofFields,
} from '../../../protocol/tunnel/connect-proof.ts'
import { formatDidKey } from '../../../protocol/identity/did-key.ts'
import { LIMITS } from '../../../protocol/limits.ts'
import { readPage } from '../pages/read-pages.ts'

const NOW = 1_763_942_400
const AUTHORITY = 'home.example'
const NONCE = 'q83vASNFZ4mrze8BI0VniQ'

/** An identity from a seed: Ed25519 is deterministic, so the example in README.md can be held to it. */
function identityOf(seed: number) {
  const der = Buffer.from(
    `302e020100300506032b657004220420${Buffer.alloc(32, seed).toString('hex')}`,
    'hex',
  )
  const key = createPrivateKey({ key: der, format: 'der', type: 'pkcs8' })
  const spki = createPublicKey(key).export({ format: 'der', type: 'spki' })
  return {
    did: formatDidKey(new Uint8Array(spki.subarray(-32))),
    sign: (bytes: Uint8Array) => new Uint8Array(sign(null, bytes, key)),
  }
}

const home = identityOf(1)
const stranger = identityOf(2)

function proof(more: Partial<Parameters<typeof signConnectProof>[0]> = {}, identity = home) {
  return signConnectProof({ authority: AUTHORITY, challenge: NONCE, ...more }, identity)
}

function check(fields: Partial<ProofFields>, authority = AUTHORITY) {
  return verifyConnectProof(authority, fields, home.did)
}

interface Forgery {
  readonly label?: string
  readonly path?: string
  readonly method?: string
  readonly components?: readonly string[]
  readonly parameters?: Readonly<Record<string, string | number | boolean | undefined>>
}

/** Signed by the right key, but not what `signConnectProof` makes. */
async function forged({
  label = 'spl',
  path = '/.well-known/spl-tunnel',
  components,
  parameters,
}: Forgery) {
  const made = await createSignature(
    { kind: 'request', method: 'GET', targetUri: `https://${AUTHORITY}${path}`, fields: [] },
    {
      label,
      components: components ?? ['@authority', '@path'],
      parameters: {
        keyid: home.did,
        nonce: NONCE,
        tag: 'spl-tunnel-connect',
        alg: 'ed25519',
        ...parameters,
      },
      signer: { algorithm: 'ed25519', sign: home.sign },
    },
  )
  return { 'signature-input': made.signatureInput, signature: made.signature }
}

describe('a good proof', () => {
  it('names the daemon, and the challenge to use up', async () => {
    expect(await check(await proof())).toEqual({ did: home.did, challenge: NONCE })
  })

  it('looks as README.md shows it', async () => {
    // Long lines are wrapped as RFC 8792 says.
    const readme = readPage('tunnel/README.md').replaceAll(/\\\n */g, '')
    const fields = await proof()
    expect(readme).toContain(`Signature-Input: ${fields['signature-input']}\n`)
    expect(readme).toContain(`Signature: ${fields.signature}\n`)
  })

  it.each([
    ['home.example', 'HOME.example'],
    ['home.example', 'home.example:443'],
    ['127.0.0.1:8443', '127.0.0.1:8443'],
    ['[::1]:8443', '[::1]:8443'],
  ])('for %s holds at %s', async (signed, asked) => {
    expect(await check(await proof({ authority: signed }), asked)).toMatchObject({
      challenge: NONCE,
    })
  })

  it('is found beside the signature of a proxy', async () => {
    const ours = await proof()
    const theirs = await forged({ label: 'proxy', components: ['@method'] })
    const both = (name: keyof ProofFields) => `${theirs[name]}, ${ours[name]}`
    const fields = { 'signature-input': both('signature-input'), signature: both('signature') }
    expect(await check(fields)).toMatchObject({ challenge: NONCE })
  })
})

describe('what is no challenge', () => {
  it.each([
    '',
    'a'.repeat(21),
    'a'.repeat(65),
    'q83vASNFZ4mrze8BI0Vn+/',
    'q83vASNFZ4mrze8BI0V\n"iQ',
  ])('%j is not signed', async (challenge) => {
    await expect(proof({ challenge })).rejects.toThrow(TypeError)
  })
})

describe('no proof', () => {
  it('is missing, whichever half', async () => {
    const fields = await proof()
    expect(await check({})).toBe('missing')
    expect(await check({ signature: fields.signature })).toBe('missing')
    expect(await check({ 'signature-input': fields['signature-input'] })).toBe('missing')
    expect(await check({ ...fields, signature: '' })).toBe('missing')
  })

  it('by another key', async () => {
    expect(await check(await proof({}, stranger))).toBe('wrong-key')
    // The right name over the wrong signature.
    expect(await check(await proof({}, { did: home.did, sign: stranger.sign }))).toBe('signature')
  })

  it('for another gateway, or another port', async () => {
    expect(await check(await proof({ authority: 'other.example' }))).toBe('signature')
    expect(await check(await proof(), 'home.example:8443')).toBe('signature')
    expect(await check(await proof({ authority: 'home.example:8443' }))).toBe('signature')
  })

  it('for another path', async () => {
    expect(await check(await forged({ path: '/v1/records' }))).toBe('signature')
    expect(await check(await forged({ path: '/.well-known/spl-tunnel/' }))).toBe('signature')
  })

  it.each<[string, Forgery]>([
    ['another tag', { parameters: { tag: 'web-bot-auth' } }],
    ['no tag', { parameters: { tag: undefined } }],
    ['a time of its own', { parameters: { created: NOW } }],
    ['no nonce', { parameters: { nonce: undefined } }],
    ['no keyid', { parameters: { keyid: undefined } }],
    ['no alg', { parameters: { alg: undefined } }],
    ['an expiry of its own', { parameters: { expires: NOW + 1e6 } }],
    ['a parameter of its own', { parameters: { admin: true } }],
    ['a component less', { components: ['@authority'] }],
    ['no component', { components: [] }],
    ['a component more', { components: ['@authority', '@path', '@method'] }],
    ['another component instead', { components: ['@authority', '@method'] }],
    ['a short nonce', { parameters: { nonce: 'q83vASNFZ4mrze8BI0Vni' } }],
    ['a long nonce', { parameters: { nonce: 'a'.repeat(65) } }],
    ['a nonce of other characters', { parameters: { nonce: 'q83vASNFZ4mrze8BI0Vn+/' } }],
    ['another label', { label: 'sig1' }],
  ])('with %s is malformed', async (_name, forgery) => {
    expect(await check(await forged(forgery))).toBe('malformed')
  })

  it('with anything changed after signing', async () => {
    const { 'signature-input': input, signature } = await proof()
    const changed = (from: string | RegExp, to: string) =>
      check({ 'signature-input': input.replace(from, to), signature })
    expect(await changed(NONCE, NONCE.replace('q', 'r'))).toBe('signature')
    expect(await changed('"@authority" "@path"', '"@path" "@authority"')).toBe('signature')
    expect(await changed('alg="ed25519"', 'alg="rsa-pss-sha512"')).toBe('malformed')
    expect(await changed('"@path"', '"@path";req')).toBe('malformed')
    expect(await changed(`;nonce="${NONCE}"`, `;nonce="${NONCE}";nonce="${NONCE}"`)).toBe(
      'malformed',
    )
    const bit = `spl=:${signature.charAt(5) === 'A' ? 'B' : 'A'}${signature.slice(6)}`
    expect(await check({ 'signature-input': input, signature: bit })).toBe('signature')
    const short = signature.replace(/[A-Za-z0-9+/]{4}==:$/, ':')
    expect(await check({ 'signature-input': input, signature: short })).toBe('signature')
  })
})

describe('fields that are not valid', () => {
  it.each([
    ['a line break', '\r\nX-Spl-Admin: 1'],
    ['a folded line', '\r\n ;x'],
    ['a lone line feed', '\n'],
    ['NUL', '\0'],
    ['text beyond ASCII', 'é'],
    ['a second member of the same name', ', spl=("@path")'],
    ['an open string', ';x="'],
  ])('%s', async (_name, tail) => {
    const fields = await proof()
    expect(await check({ ...fields, 'signature-input': fields['signature-input'] + tail })).toBe(
      'malformed',
    )
    expect(await check({ ...fields, signature: fields.signature + tail })).toBe('malformed')
  })

  it('longer than any proof', async () => {
    const fields = await proof()
    const pad = ' '.repeat(LIMITS.proofFieldCharacters)
    expect(await check({ ...fields, signature: fields.signature + pad })).toBe('malformed')
    expect(await check({ ...fields, 'signature-input': pad + fields['signature-input'] })).toBe(
      'malformed',
    )
    const long = Math.max(fields.signature.length, fields['signature-input'].length)
    expect(long).toBeLessThan(LIMITS.proofFieldCharacters / 2)
  })

  it.each([
    '',
    'home.example/x',
    'user@home.example',
    'home.example#',
    'home.example?x',
    'a b',
    'home.example:',
    'home.example:443:1',
    '[::1',
    'höme.example',
  ])('for the authority %j', async (authority) => {
    expect(await check(await proof(), authority)).toBe('malformed')
    await expect(proof({ authority })).rejects.toThrow(TypeError)
  })
})
