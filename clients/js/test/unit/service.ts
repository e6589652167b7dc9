import type { APIKey, PublicProfile, User } from '../../src/index.js'

export const base = 'http://localhost:8000'

export const ada: User = {
  id: '6f1d2c3b-8a4e-4f5d-9b6a-7c8d9e0f1a2b',
  name: 'Ada',
  email: 'ada@example.com',
  username: null,
  role: 'user',
  photo: '',
  provider: 'local',
  verified: false,
  created_at: '2026-01-02T03:04:05.678901Z',
  updated_at: '2026-01-02T03:04:05.678901Z',
}
export const countess: User = { ...ada, name: 'Countess' }
export const bob: PublicProfile = { id: 'u-2', name: 'Bob', username: 'bob', photo: '' }
export const apiKey: APIKey = {
  id: 'k-1',
  name: 'Backup',
  prefix: 'lk_7KXQ2M5TJH4A',
  scopes: ['profile:read'],
  created_at: '2026-01-02T03:04:05.678901Z',
  expires_at: '2026-04-02T03:04:05.678901Z',
  last_used_at: null,
}
export const credentials = { email: 'ada@example.com', password: 'correct horse battery' }

type Answer = () => Response | Promise<Response>

export const json = (status: number, body: object, headers: HeadersInit = {}) =>
  new Response(JSON.stringify(body), { status, headers: { 'Content-Type': 'application/json; charset=utf-8', ...headers } })

export const failure = (status: number, code: string, message = 'A sentence.', headers: HeadersInit = {}) =>
  json(status, { status: status < 500 ? 'fail' : 'error', code, message, request_id: 'r-1' }, headers)

export const notLoggedIn = () => failure(401, 'access_token_expired', 'You are not logged in: the access token has expired.')
export const notRefreshed = (code = 'session_revoked') =>
  failure(401, code, 'could not refresh access token: the session has ended.')
export const unreachable = () => Promise.reject(new TypeError('fetch failed'))

/** Fails when the signal says so, if ever. */
function aborted(signal: AbortSignal | null | undefined) {
  return new Promise<never>((_, reject) => {
    if (signal?.aborted) reject(signal.reason)
    signal?.addEventListener('abort', () => reject(signal.reason))
  })
}

/** An answer that waits until it is let go. */
export function held(answer: Answer) {
  let release!: () => void
  const gate = new Promise<void>((resolve) => (release = resolve))
  return { release, answer: () => gate.then(answer) }
}

/**
 * The part of the service that a browser sees, together with the cookies that the browser keeps of it. The clock is
 * that of the test plus ahead.
 */
export class Service {
  /** What was asked, such as "POST /api/auth/login". */
  readonly requests: string[] = []
  readonly bodies: unknown[] = []
  who = ada
  signedIn = false
  accessUntil = 0
  life = 900 // seconds
  tokenInBody = true
  ahead = 0 // milliseconds
  private readonly instead = new Map<string, Answer[]>()

  /** Gives other answers to a request, each once. */
  next(request: string, ...answers: Answer[]) {
    this.instead.set(request, [...(this.instead.get(request) ?? []), ...answers])
  }

  count = (request: string) => this.requests.filter((r) => r === request).length

  /** Lets the access token end now. */
  expire = () => void (this.accessUntil = 0)

  readonly fetch: typeof fetch = async (input, init) => {
    const request = new Request(input, init)
    const asked = request.method + ' ' + new URL(request.url).pathname
    this.requests.push(asked)
    const body = await request.text()
    this.bodies.push(body && JSON.parse(body))
    const answer = this.instead.get(asked)?.shift() ?? (() => this.answer(asked))
    return Promise.race([aborted(init?.signal), answer()])
  }

  private get now() {
    return Date.now() + this.ahead
  }

  private issue() {
    this.signedIn = true
    const iat = Math.floor(this.now / 1000)
    this.accessUntil = (iat + this.life) * 1000
    const claims = Buffer.from(JSON.stringify({ iat, exp: iat + this.life, name: 'ö?>' })).toString('base64url')
    return this.tokenInBody ? { access_token: `e30.${claims}.c2ln` } : {}
  }

  private answer(asked: string): Response {
    const date = { Date: new Date(this.now).toUTCString() }
    const ok = (data?: object, more: object = {}) => json(200, { status: 'success', ...more, ...(data && { data }) }, date)
    switch (asked) {
      case 'POST /api/auth/register':
        return json(201, { status: 'success', data: { user: ada } })
      case 'POST /api/auth/login':
        return ok({ user: this.who }, this.issue())
      case 'POST /api/auth/logout':
        this.signedIn = false
        this.expire()
        return ok(undefined, { message: 'You are signed out.' })
      case 'POST /api/auth/refresh':
        return this.signedIn ? ok(undefined, this.issue()) : notRefreshed('refresh_token_missing')
      case 'GET /api/auth/session':
        return ok(this.signedIn ? { user: this.who, session: this.session() } : { user: null, session: null })
    }
    if (this.now >= this.accessUntil) return notLoggedIn()
    if (asked === 'GET /api/users/me') return ok({ user: this.who })
    if (asked === 'GET /api/users/me/sessions') return ok({ sessions: [{ id: 's-1', current: true }] })
    if (asked === 'DELETE /api/users/me/sessions') return ok({ revoked: 2 })
    if (asked === 'PATCH /api/users/me') return ok({ user: countess })
    if (asked === 'GET /api/users/me/metadata') return ok({ metadata: { surname: 'King' } })
    if (asked === 'GET /api/users/u-2') return ok({ user: bob })
    if (asked === 'GET /api/users/me/api-keys') return ok({ api_keys: [apiKey] })
    if (asked === 'POST /api/users/me/api-keys') return json(201, { status: 'success', data: { api_key: apiKey, key: 'lk_X' } }, date)
    if (asked === 'DELETE /api/users/me/api-keys/k-1') return new Response(null, { status: 204 })
    if (asked === 'DELETE /api/users/me/sessions/s-1') {
      this.signedIn = false
      return new Response(null, { status: 204 })
    }
    return ok({ asked })
  }

  private session() {
    const time = (at: number) => new Date(at).toISOString()
    const alive = this.now < this.accessUntil
    return {
      id: 's-1',
      created_at: time(0),
      expires_at: time(this.now + 604_800_000),
      ends_at: time(this.now + 2_592_000_000),
      access_expires_at: alive ? time(this.accessUntil) : null,
      refresh_at: time(alive ? this.accessUntil - 30_000 : this.now),
    }
  }
}
