/** What `npm pack --json` says of the tarball. Sizes in bytes. */
export interface Packed {
  readonly filename: string
  readonly size: number
  readonly unpackedSize: number
  readonly files: readonly { readonly path: string; readonly size: number; readonly mode: number }[]
}

/** Reads the output of `npm pack --json`: a list up to npm 10, an object by package name from npm 11 on; a build's lines stand before. */
export function packedOf(output: string): Packed {
  const start = output.search(/^[[{]/mu)
  const found = JSON.parse(output.slice(start)) as
    | readonly Packed[]
    | Readonly<Record<string, Packed>>
  const [packed] = Object.values(found)
  if (packed === undefined) throw new Error(`npm pack has packed nothing: ${output}`)
  return packed
}
