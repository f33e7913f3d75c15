import type { SecretSink } from './secret-sink.ts'

/** Makes something with a secret in it, for a sink that waits for it: when it fails, the sink leaves no trace. */
export async function makeFor<Made>(sink: SecretSink, make: () => Promise<Made>): Promise<Made> {
  try {
    return await make()
  } catch (error) {
    await sink.discard()
    throw error
  }
}
