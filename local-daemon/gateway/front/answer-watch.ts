/** Bytes of an answer that are searched for a code: an error of the gateway is shorter. */
const LOOKED_AT_BYTES = 4_096
const CODE = /"object":"error","code":"([A-Z_]+)","message":.*"hop":"gateway"/su

/** `HTTP/1.1 4xx`: the offset of the class of the status. */
const CLASS_AT = 9
const [FOUR, FIVE] = [0x34, 0x35]

/** Finds the code of the Worker's refusal as its answer passes. Other answers cost two comparisons. */
export class AnswerWatch {
  #state: 'idle' | 'first' | 'reading' = 'idle'
  #text = ''

  /** A request went to the Worker: what comes next is its answer. */
  begin(): void {
    this.#state = 'first'
    this.#text = ''
  }

  /** The code of the gateway's refusal, once seen. */
  see(bytes: Buffer): string | undefined {
    if (this.#state === 'idle') return undefined
    if (this.#state === 'first') {
      const digit = bytes[CLASS_AT]
      this.#state = digit === FOUR || digit === FIVE ? 'reading' : 'idle'
      if (this.#state === 'idle') return undefined
    }
    this.#text += bytes.toString('latin1', 0, LOOKED_AT_BYTES - this.#text.length)
    const code = CODE.exec(this.#text)?.[1]
    if (code === undefined && this.#text.length < LOOKED_AT_BYTES) return undefined
    this.#state = 'idle'
    this.#text = ''
    return code
  }
}
