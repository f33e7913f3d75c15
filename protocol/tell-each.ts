/** Calls each of them. One that throws does not stop the others. @param failed must not throw */
export function tellEach<Told>(
  all: Iterable<Told>,
  tell: (one: Told) => void,
  failed: (error: unknown, one: Told) => void,
): void {
  for (const one of all) {
    try {
      tell(one)
    } catch (error) {
      failed(error, one)
    }
  }
}
