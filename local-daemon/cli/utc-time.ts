/** A time for people, without its zone: `2026-11-24 14:18:03`; an absent one is `-`. Unix time in seconds. */
export function utcTime(seconds: number | null): string {
  if (seconds === null) return '-'
  return new Date(seconds * 1000).toISOString().slice(0, 19).replace('T', ' ')
}
