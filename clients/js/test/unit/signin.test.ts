import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { createClient, type State } from '../../src/index.js'
import { Page } from './page.js'
import { Service, ada, base, credentials, failure, held, json, notLoggedIn, notRefreshed, unreachable } from './service.js'

let service: Service
const client = (options = {}) => createClient({ baseUrl: base, fetch: service.fetch, ...options })

beforeEach(() => {
  new Page()
  service = new Service()
})
afterEach(() => vi.unstubAllGlobals())

describe('the state', () => {
  test('is unknown at first, and then what the session view says', async () => {
    const c = client()
    expect(c.state).toEqual({ status: 'unknown', user: null })
    expect(await c.session()).toEqual({ session: null, user: null })
    expect(c.state).toEqual({ status: 'signed-out', user: null })
    await service.fetch(base + '/api/auth/login', { method: 'POST' })
    expect((await c.session()).session?.id).toBe('s-1')
    expect(c.state).toEqual({ status: 'signed-in', user: ada })
  })

  test.each([
    [ada, { status: 'signed-in', user: ada }],
    [null, { status: 'signed-out', user: null }],
    [undefined, { status: 'unknown', user: null }],
  ])('begins with what the server rendered: %j', (user, state) => {
    expect(client({ user }).state).toEqual(state)
    expect(service.requests).toEqual([])
  })

  test('follows login and logout, and tells listeners until they leave', async () => {
    const c = client()
    const seen: State[] = []
    const leave = c.onChange((state) => seen.push(state))
    expect(await c.login(credentials)).toEqual(ada)
    expect(service.bodies[0]).toEqual(credentials)
    await c.logout()
    leave()
    await c.login(credentials)
    expect(seen.map((state) => state.status)).toEqual(['signed-in', 'signed-out'])
  })

  test('stays the same object while nothing changes', async () => {
    const c = client()
    const listener = vi.fn()
    await c.login(credentials)
    const before = c.state
    c.onChange(listener)
    await c.me()
    await c.session()
    expect(c.state).toBe(before)
    expect(listener).not.toHaveBeenCalled()
  })

  test('is not brought back by an answer that was under way at the logout', async () => {
    const c = client()
    await c.login(credentials)
    const slow = held(() => json(200, { status: 'success', data: { user: ada } }))
    service.next('GET /api/users/me', slow.answer)
    const me = c.me()
    await c.logout()
    slow.release()
    expect(await me).toEqual(ada)
    expect(c.state.status).toBe('signed-out')
  })

  test('does not suffer from a listener that throws', async () => {
    const thrown = new Promise((resolve) => process.once('uncaughtException', resolve))
    const listeners = process.listeners('uncaughtException').slice(0, -1)
    for (const l of listeners) process.off('uncaughtException', l)
    const c = client()
    c.onChange(() => {
      throw new Error('of the page')
    })
    expect(await c.login(credentials)).toEqual(ada)
    expect(await thrown).toEqual(new Error('of the page'))
    for (const l of listeners) process.on('uncaughtException', l)
  })
})

test('methods can be taken out of the client', async () => {
  const { login, me, sessions, apiKeys, update, metadata, profile, logout, fetch, onChange, refresh, session } = client()
  onChange(() => {})()
  await login(credentials)
  await Promise.all([me(), sessions.list(), apiKeys.list(), update({}), metadata(), profile('u-2'), refresh(), session()])
  expect((await fetch('/api/users/me')).status).toBe(200)
  await logout()
})

describe('register', () => {
  const input = { name: 'Ada', email: 'ada@example.com', password: 'correct horse battery' }

  test('makes an account and signs nobody in', async () => {
    const c = client()
    expect(await c.register(input)).toEqual(ada)
    expect(service.bodies[0]).toEqual({ ...input, passwordConfirm: input.password })
    expect(c.state.status).toBe('unknown')
  })

  test('signs in where the service does', async () => {
    service.next('POST /api/auth/register', () => json(201, { status: 'success', access_token: 'a', data: { user: ada } }))
    const c = client()
    await c.register(input)
    expect(c.state).toEqual({ status: 'signed-in', user: ada })
  })

  describe('where bodies have no token', () => {
    const answered = () => json(201, { status: 'success', data: { user: ada } })
    const register = 'POST /api/auth/register'

    test.each([
      ['localhost', 'http://localhost:3000/'],
      ['another host', 'http://app.example.com/'],
    ])('is noticed to have signed in, from %s', async (_, address) => {
      const page = new Page(address)
      const c = client()
      service.tokenInBody = false
      service.next(register, async () => {
        page.document.cookie = 'logged_in=true'
        await service.fetch(base + '/api/auth/login', { method: 'POST' })
        return answered()
      })
      expect(await c.register(input)).toEqual(ada)
      expect(c.state).toEqual({ status: 'signed-in', user: ada })
      c.close()
    })

    test('is not taken for a sign-in while somebody else is signed in', async () => {
      const c = client()
      await c.login(credentials)
      service.next(register, () => json(201, { status: 'success', data: { user: { ...ada, id: 'u-3', name: 'Eve' } } }))
      expect((await c.register(input)).name).toBe('Eve')
      expect(c.state).toEqual({ status: 'signed-in', user: ada })
    })

    test('has succeeded even when the session view does not answer', async () => {
      new Page('http://app.example.com/')
      const c = client()
      service.next('GET /api/auth/session', unreachable)
      expect(await c.register(input)).toEqual(ada)
      expect(c.state.status).toBe('unknown')
    })
  })

  test('leaves the comparison of two passwords to the service', async () => {
    await client().register({ ...input, passwordConfirm: 'another' })
    expect(service.bodies[0]).toMatchObject({ passwordConfirm: 'another' })
  })
})

describe('logout', () => {
  test.each([
    ['a network that is away', unreachable, { status: 0, code: 'network_error' }, 'signed-in'],
    ['a foreign origin', () => failure(403, 'cross_origin_request'), { status: 403 }, 'signed-in'],
    ['a proxy without a service', () => new Response('<h1>Bad Gateway', { status: 502 }), { code: 'unexpected_answer' }, 'signed-in'],
    ['an outage that cleared the cookies', () => failure(503, 'logout_incomplete'), { status: 503 }, 'signed-out'],
    ['two cookies of one name', () => failure(401, 'access_token_invalid'), { status: 401 }, 'signed-out'],
  ])('after %s', async (_, answer, error, status) => {
    const c = client()
    await c.login(credentials)
    service.next('POST /api/auth/logout', answer)
    await expect(c.logout()).rejects.toMatchObject(error)
    expect(c.state.status).toBe(status)
  })
})

describe('failures', () => {
  test('say everything that the service said', async () => {
    const errors = [{ field: 'email', code: 'invalid', message: 'Not an address.' }]
    service.next('POST /api/auth/login', () =>
      json(429, { status: 'fail', code: 'too_many_attempts', message: 'Later.', errors, request_id: 'r-7' }, { 'Retry-After': '42' }),
    )
    const error = await client().login(credentials).catch((e) => e)
    expect(error).toBeInstanceOf(Error)
    expect(error).toMatchObject({
      name: 'LatchkeyError', status: 429, code: 'too_many_attempts', message: 'Later.', fields: errors, requestId: 'r-7', retryAfter: 42,
    })
  })

  test.each([
    ['no answer', unreachable, 0, 'network_error'],
    ['a page of a proxy', () => new Response('<html>', { status: 502 }), 502, 'unexpected_answer'],
    ['the sign-in page of a Wi-Fi', () => new Response('<html>', { status: 200 }), 200, 'unexpected_answer'],
    ['JSON of something else', () => json(200, { hello: 1 }), 200, 'unexpected_answer'],
    ['JSON that is no object', () => json(500, null as never), 500, 'unexpected_answer'],
    ['a busy service', () => failure(503, 'unavailable', 'Later.', { 'Retry-After': '5' }), 503, 'unavailable'],
    ['a page of another origin', () => failure(403, 'cross_origin_request'), 403, 'cross_origin_request'],
  ])('%s is no sign-out', async (_, answer, status, code) => {
    const c = client()
    await c.login(credentials)
    for (const request of ['GET /api/users/me', 'GET /api/auth/session', 'POST /api/auth/refresh']) service.next(request, answer)
    for (const call of [c.me, c.session, c.refresh]) {
      await expect(call()).rejects.toMatchObject({ name: 'LatchkeyError', status, code, fields: [] })
    }
    expect(c.state).toEqual({ status: 'signed-in', user: ada })
  })

  test.each([
    ['session_revoked', () => notRefreshed()],
    ['refresh_token_missing', () => notRefreshed('refresh_token_missing')],
  ])('but %s is', async (code, answer) => {
    const c = client()
    await c.login(credentials)
    service.next('GET /api/users/me', notLoggedIn)
    service.next('POST /api/auth/refresh', answer)
    await expect(c.me()).rejects.toMatchObject({ status: 401, code: 'access_token_expired' })
    expect(c.state.status).toBe('signed-out')
    await c.login(credentials)
    service.next('POST /api/auth/refresh', answer)
    await expect(c.refresh()).rejects.toMatchObject({ status: 401, code })
    expect(c.state.status).toBe('signed-out')
  })

  test('a wrong password is no sign-out of who is there', async () => {
    const c = client()
    await c.login(credentials)
    service.next('POST /api/auth/login', () => failure(401, 'invalid_credentials'))
    await expect(c.login(credentials)).rejects.toMatchObject({ code: 'invalid_credentials' })
    expect(c.state.status).toBe('signed-in')
    expect(service.count('POST /api/auth/refresh')).toBe(0)
  })
})
