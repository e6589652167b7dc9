export { createClient } from './client.js'
export { LatchkeyError } from './error.js'
export type * from './types.js'
