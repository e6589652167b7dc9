import type { Code, FieldError } from './types.js'

/** Every failure of the client. */
export class LatchkeyError extends Error {
  override readonly name = 'LatchkeyError'

  constructor(
    /** The HTTP status; 0 when no answer came. */
    readonly status: number,
    /** Names the failure; stable. */
    readonly code: Code,
    message: string,
    /** The fields that were refused, each with a reason. */
    readonly fields: FieldError[] = [],
    /** Names the request in the service's log. */
    readonly requestId?: string,
    /** After how many seconds another try may succeed. */
    readonly retryAfter?: number,
    options?: ErrorOptions,
  ) {
    super(message, options)
  }
}

/** Reads an answer of the service, or throws what it says. `now` is the time of the service. */
export async function read(response: Response): Promise<any> {
  const { headers, ok, status } = response
  if (status === 204) return
  const body = await response.json().catch(() => {})
  if (ok && body?.status === 'success') return { ...body, now: Date.parse(headers.get('date')!) || Date.now() }
  // A body without a code is a proxy's, or that of a Wi-Fi's sign-in page.
  const { code = 'unexpected_answer', message = 'This is not an answer of the service.', errors, request_id } =
    (!ok && body) || {}
  throw new LatchkeyError(status, code, message, errors, request_id, Number(headers.get('retry-after')) || undefined)
}

/** Whether the service said that the session is over. An outage is none, nor is a proxy that wants a password. */
export function isOver(error: unknown): boolean {
  return error instanceof LatchkeyError && error.status === 401 && error.code !== 'unexpected_answer'
}

/** Whether an answer asks for a refresh. The body can still be read. */
export async function lacksSignIn(response: Response): Promise<boolean> {
  return response.status === 401 && /not logged in|"access_token_/.test(await response.clone().text().catch(() => ''))
}
