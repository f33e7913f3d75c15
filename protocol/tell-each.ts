/** Calls each of them; one that throws keeps none of the others from being told. @param failed must not throw */
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
