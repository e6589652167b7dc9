import { LatchkeyError } from '@latchkey/client'

function wait(seconds: number) {
  const minutes = Math.ceil(seconds / 60)
  return seconds < 60 ? 'in a moment' : minutes === 1 ? 'in a minute' : `in ${minutes} minutes`
}

/** What to tell a person about a failure. The sentences of the service are fit for that. */
export function words(error: unknown): string {
  if (!(error instanceof LatchkeyError)) return 'Something went wrong in this page.'
  if (error.code === 'network_error') return 'The service cannot be reached. You are still signed in if you were.'
  if (error.fields.length || error.code === 'password_mismatch') return 'Please correct what is marked.'
  if (error.retryAfter) return `${error.message} Try again ${wait(error.retryAfter)}.`
  return error.message
}

/** Why a field was refused, if it was. */
export function wordsFor(field: string, error: unknown): string | undefined {
  if (!(error instanceof LatchkeyError)) return undefined
  if (field === 'passwordConfirm' && error.code === 'password_mismatch') return error.message
  return error.fields.find((refused) => refused.field === field)?.message
}
