import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { createClient, type Client } from '../../src/index.js'
import { Page } from './page.js'
import { Service, ada, base, credentials, failure, held, json, notLoggedIn, notRefreshed, unreachable } from './service.js'

const refresh = 'POST /api/auth/refresh'
const eventually = (check: () => void) => vi.waitFor(check, { timeout: 20_000 })
let page: Page
let service: Service
let client: Client

beforeEach(async () => {
  page = new Page('http://app.example.com/') // from where the service's cookies cannot be seen
  service = new Service()
  client = createClient({ baseUrl: base, fetch: service.fetch })
  await client.login(credentials)
})
afterEach(() => vi.unstubAllGlobals())

describe('after the access token ends', () => {
  test('parallel requests share one refresh and all succeed', async () => {
    service.expire()
    const answers = await Promise.all([1, 2, 3, 4, 5].map((n) => client.fetch('/api/posts/' + n)))
    expect(answers.map((answer) => answer.status)).toEqual([200, 200, 200, 200, 200])
    expect(service.count(refresh)).toBe(1)
    expect(service.requests).toHaveLength(1 + 5 + 1 + 5)
  })

  test('a refusal that arrives after the refresh asks for no other', async () => {
    service.expire()
    const late = held(notLoggedIn)
    service.next('GET /api/late', late.answer)
    const slow = client.fetch('/api/late')
    await client.me()
    late.release()
    expect((await slow).status).toBe(200)
    expect(service.count(refresh)).toBe(1)
  })

  test('the next time there is a refresh again', async () => {
    for (const n of [1, 2, 3]) {
      service.expire()
      expect(await client.me()).toEqual(ada)
      expect(service.count(refresh)).toBe(n)
    }
  })

  test('a second refusal is the answer: nothing loops', async () => {
    service.next('GET /api/posts', notLoggedIn, notLoggedIn)
    expect((await client.fetch('/api/posts')).status).toBe(401)
    expect(service.requests.slice(1)).toEqual(['GET /api/posts', refresh, 'GET /api/posts'])
    expect(client.state.status).toBe('signed-in')
  })

  test('when the session is over too, the refusal is the answer, and its body is there to be read', async () => {
    service.expire()
    service.next(refresh, () => notRefreshed())
    const answer = await client.fetch('/api/posts')
    expect(answer.status).toBe(401)
    expect(await answer.json()).toMatchObject({ code: 'access_token_expired' })
    expect(client.state.status).toBe('signed-out')
  })

  test.each([
    ['the network is away', unreachable, { status: 0, code: 'network_error' }],
    ['the service is busy', () => failure(503, 'unavailable', 'Later.', { 'Retry-After': '3' }), { status: 503, retryAfter: 3 }],
    ['there were too many', () => failure(429, 'too_many_attempts', 'Later.', { 'Retry-After': '60' }), { status: 429, retryAfter: 60 }],
    ['the origin is foreign', () => failure(403, 'cross_origin_request'), { status: 403 }],
    ['a proxy wants a password', () => new Response('Who are you?', { status: 401 }), { status: 401, code: 'unexpected_answer' }],
    ['a proxy has no service', () => new Response('<html>', { status: 502 }), { status: 502 }],
  ])('%s: the request fails, and nobody is signed out', async (_, answer, error) => {
    service.expire()
    service.next(refresh, answer)
    await expect(client.fetch('/api/posts')).rejects.toMatchObject({ name: 'LatchkeyError', ...error })
    expect(client.state.status).toBe('signed-in')
    expect((await client.fetch('/api/posts')).status).toBe(200)
  })
})

test('a failure without an answer is that of fetch itself', async () => {
  service.next('GET /api/posts', unreachable)
  await expect(client.fetch('/api/posts')).rejects.toThrow(TypeError)
})

test.each([
  ['says so in its message', json(401, { status: 'fail', message: 'You are not logged in' }), 1],
  ['says so in its code', json(401, { code: 'access_token_invalid' }), 1],
  ['is a problem document', json(401, { detail: 'You are not logged in: …', status: 401 }), 1],
  ['has another reason', json(401, { code: 'invalid_credentials', message: 'Invalid email or password' }), 0],
  ['is no text', new Response(new Uint8Array([255, 254]), { status: 401 }), 0],
  ['is no 401', json(403, { message: 'You are not logged in' }), 0],
])('a refusal that %s', async (_, answer, refreshes) => {
  service.next('GET /api/posts', () => answer)
  await client.fetch('/api/posts')
  expect(service.count(refresh)).toBe(refreshes)
})

describe('the cookie logged_in', () => {
  test.each([
    ['missing at the same host', 'http://localhost:3000/', 'theme=dark; not_logged_in=true', 0],
    ['there at the same host', 'http://localhost:3000/', 'theme=dark; logged_in=true', 1],
    ['unseen from another host', 'http://app.example.com/', '', 1],
    ['unseen from another scheme', 'https://localhost:3000/', '', 1],
  ])('%s', async (_, address, cookie, refreshes) => {
    page = new Page(address)
    page.document.cookie = cookie
    const c = createClient({ baseUrl: base, fetch: service.fetch })
    service.expire()
    const answer = await c.fetch('/api/users/me')
    expect(answer.status).toBe(refreshes ? 200 : 401)
    expect(service.count(refresh)).toBe(refreshes)
    await eventually(() => expect(c.state.status).toBe(refreshes ? 'signed-in' : 'signed-out'))
  })
})

describe('a refresh', () => {
  test('by hand shares the request with others', async () => {
    await Promise.all([client.refresh(), client.refresh()])
    expect(service.count(refresh)).toBe(1)
    await client.refresh()
    expect(service.count(refresh)).toBe(2)
  })

  test('is given up when no answer comes, so that those who share it go on', async () => {
    const clock = new AbortController()
    const timeout = vi.spyOn(AbortSignal, 'timeout').mockReturnValueOnce(clock.signal)
    service.next(refresh, held(() => notRefreshed()).answer)
    const both = Promise.allSettled([client.refresh(), client.refresh()])
    expect(timeout.mock.calls).toEqual([[30_000]])
    clock.abort()
    expect(await both).toMatchObject(Array(2).fill({ status: 'rejected', reason: { code: 'network_error' } }))
    await client.refresh()
    expect(client.state.status).toBe('signed-in')
  })

  test('is not given up because a former one would have been by now', async () => {
    const clock = new AbortController()
    vi.spyOn(AbortSignal, 'timeout').mockReturnValueOnce(clock.signal)
    await client.refresh()
    const slow = held(() => json(200, { status: 'success' }))
    service.next(refresh, slow.answer)
    const second = client.refresh()
    clock.abort()
    slow.release()
    await second
  })

  test('finds out who is signed in', async () => {
    const c = createClient({ baseUrl: base, fetch: service.fetch })
    await c.refresh()
    await eventually(() => expect(c.state).toEqual({ status: 'signed-in', user: ada }))
  })

  test.each(['login', 'logout', 'register'] as const)('is over before a %s begins', async (method) => {
    const slow = held(() => notRefreshed())
    service.next(refresh, slow.answer)
    const renewal = client.refresh().catch((error) => error.code)
    const next = client[method]({ name: 'Ada', ...credentials })
    await eventually(() => expect(service.count(refresh)).toBe(1))
    expect(service.count(`POST /api/auth/${method}`)).toBe(method === 'login' ? 1 : 0)
    slow.release()
    await next
    expect(await renewal).toBe('session_revoked')
    expect(service.count(`POST /api/auth/${method}`)).toBe(method === 'login' ? 2 : 1)
  })

  test('of a session that another tab has replaced signs nobody out', async () => {
    const slow = held(() => notRefreshed())
    service.next(refresh, slow.answer)
    const renewal = client.refresh().catch((error) => error.code)
    page.news({ at: Date.now(), user: { ...ada, name: 'Grace' } })
    await Promise.resolve()
    slow.release()
    expect(await renewal).toBe('session_revoked')
    expect(client.state.user?.name).toBe('Grace')
  })
})
