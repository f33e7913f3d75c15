/** `1 record`, `2 records`: a count with its word. @param many where it is not `one` with an s */
export function countText(count: number, one: string, many = `${one}s`): string {
  return `${count} ${count === 1 ? one : many}`
}
