/** The id of a thread: `th_` and up to 128 letters, digits and `_ . -`. */
export const THREAD_ID = /^th_[A-Za-z0-9_.-]{1,128}$/
