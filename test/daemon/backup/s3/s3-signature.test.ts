import { describe, expect, test } from 'vitest'
import { signedHeaders } from '../../../../local-daemon/backup/place/s3/s3-request.ts'

/**
 * The examples that AWS publishes, with their signatures:
 * https://docs.aws.amazon.com/AmazonS3/latest/API/sig-v4-header-based-auth.html
 */
const credentials = {
  accessKeyId: 'AKIAIOSFODNN7EXAMPLE',
  secretAccessKey: 'wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY',
  sessionToken: undefined,
}
const from = { credentials, region: 'us-east-1', now: Date.parse('2013-05-24T00:00:00Z') }
const at = (path: string): URL => new URL(`https://examplebucket.s3.amazonaws.com/${path}`)
const signatureOf = async (request: Parameters<typeof signedHeaders>[0]): Promise<string> =>
  (await signedHeaders(request))['authorization']?.split('Signature=')[1] ?? ''

describe('a request to S3 has the signature that AWS computes', () => {
  test('for storing an object', async () => {
    const signature = await signatureOf({
      ...from,
      method: 'PUT',
      url: at('test%24file.text'),
      headers: {
        date: 'Fri, 24 May 2013 00:00:00 GMT',
        'x-amz-storage-class': 'REDUCED_REDUNDANCY',
      },
      body: Buffer.from('Welcome to Amazon S3.'),
    })
    expect(signature).toBe('98ad721746da40c64f1a55b78f14c238d841ea1380cd77a1b5971af0ece108bd')
  })

  test('for a parameter without a value', async () => {
    const signature = await signatureOf({ ...from, method: 'GET', url: at('?lifecycle') })
    expect(signature).toBe('fea454ca298b7da1c68078a5d1bdbfbbe0d65c699e0f91ac7a200a0136783543')
  })

  test('for a list', async () => {
    const url = at('?max-keys=2&prefix=J')
    const signature = await signatureOf({ ...from, method: 'GET', url })
    expect(signature).toBe('34b48302e7b5fa45bde8084f4b7868a86f0a534bc59db6670ed5711ef69dc6f7')
  })

  test('and carries the token of a session, signed', async () => {
    const session = { ...credentials, sessionToken: 'a-token' }
    const url = at('x')
    const headers = await signedHeaders({ ...from, credentials: session, method: 'GET', url })
    expect(headers['x-amz-security-token']).toBe('a-token')
    expect(headers['authorization']).toContain('x-amz-date;x-amz-security-token,')
  })
})
