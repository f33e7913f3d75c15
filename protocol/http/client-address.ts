/** The characters of IPv4 and IPv6 addresses: nothing that a header or a log could misread. */
const ADDRESS = /^[0-9a-fA-F.:]{2,45}$/

/** Whether a text looks like a client's address. It need not be a real address. */
export function isClientAddress(text: string): boolean {
  return ADDRESS.test(text)
}
