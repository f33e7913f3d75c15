const IPV4 = /^(?:(?:25[0-5]|2[0-4]\d|1\d\d|[1-9]?\d)(?:\.(?!$)|$)){4}$/
const GROUP = /^[0-9a-f]{1,4}$/
const GROUPS = 8

/**
 * The key that requests of one address are counted under; undefined for a text that is not an address. An IPv6
 * address counts by its /64, which is what one subscriber is given to choose from (RFC 6177); an IPv4 one that is
 * written as IPv6 (`::ffff:192.0.2.1`, RFC 4291, section 2.5.5.2) as what it is.
 */
export function addressKey(address: string): string | undefined {
  if (!address.includes(':')) return IPV4.test(address) ? address : undefined
  const groups = ipv6Groups(address.toLowerCase())
  if (groups === undefined) return undefined
  const mapped = groups[5] === 0xffff && groups.slice(0, 5).every((group) => group === 0)
  if (mapped) return formatIpv4(groups[6] ?? 0, groups[7] ?? 0)
  return `${groups
    .slice(0, 4)
    .map((group) => group.toString(16))
    .join(':')}::/64`
}

function ipv6Groups(address: string): readonly number[] | undefined {
  const halves = address.split('::')
  if (halves.length > 2) return undefined
  const [left, right] = halves.map(groupsOf)
  if (left === undefined || (halves.length === 2 && right === undefined)) return undefined
  if (right === undefined) return left.length === GROUPS ? left : undefined
  const zeros = GROUPS - left.length - right.length
  return zeros >= 1 ? [...left, ...Array<number>(zeros).fill(0), ...right] : undefined
}

/** Groups between colons, the last two may be IPv4. */
function groupsOf(text: string): readonly number[] | undefined {
  if (text === '') return []
  const groups: number[] = []
  const parts = text.split(':')
  for (const [at, part] of parts.entries()) {
    if (GROUP.test(part)) groups.push(Number.parseInt(part, 16))
    else if (at === parts.length - 1 && IPV4.test(part)) {
      const [a = 0, b = 0, c = 0, d = 0] = part.split('.').map(Number)
      groups.push(a * 256 + b, c * 256 + d)
    } else return undefined
  }
  return groups
}

function formatIpv4(high: number, low: number): string {
  return `${high >> 8}.${high & 255}.${low >> 8}.${low & 255}`
}
