import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { createClient } from '../../src/index.js'
import { Page } from './page.js'
import { Service, apiKey, base, bob, countess, credentials, failure, held, json } from './service.js'

let service: Service
const client = () => createClient({ baseUrl: base, fetch: service.fetch })

beforeEach(() => {
  new Page()
  service = new Service()
})
afterEach(() => vi.unstubAllGlobals())

describe('the profile', () => {
  test('is changed, in the state too', async () => {
    const c = client()
    await c.login(credentials)
    const change = { name: 'Countess', metadata: { surname: 'King', phone: null } }
    expect(await c.update(change)).toEqual(countess)
    expect(service.bodies.at(-1)).toEqual(change)
    expect(c.state).toEqual({ status: 'signed-in', user: countess })
    expect(await c.metadata()).toEqual({ surname: 'King' })
  })

  test('is changed after a refresh if need be, and not when it is refused', async () => {
    new Page().document.cookie = 'logged_in=true'
    const c = client()
    await c.login(credentials)
    service.expire()
    await c.update({ name: 'Countess' })
    expect(service.requests.slice(1)).toEqual(['PATCH /api/users/me', 'POST /api/auth/refresh', 'PATCH /api/users/me'])
    service.next('PATCH /api/users/me', () => failure(409, 'username_taken'))
    await expect(c.update({ username: 'bob' })).rejects.toMatchObject({ status: 409, code: 'username_taken' })
    expect(c.state.user).toEqual(countess)
  })

  test('does not bring back who has signed out meanwhile', async () => {
    const c = client()
    await c.login(credentials)
    const slow = held(() => json(200, { status: 'success', data: { user: countess } }))
    service.next('PATCH /api/users/me', slow.answer)
    const update = c.update({ name: 'Countess' })
    await c.logout()
    slow.release()
    expect(await update).toEqual(countess)
    expect(c.state.status).toBe('signed-out')
  })

  test('of others is what all may see', async () => {
    const c = client()
    await c.login(credentials)
    expect(await c.profile('u-2')).toEqual(bob)
    await c.profile('../x')
    expect(service.requests.at(-1)).toBe('GET /api/users/..%2Fx')
    service.next('GET /api/users/u-9', () => failure(404, 'user_not_found'))
    await expect(c.profile('u-9')).rejects.toMatchObject({ status: 404, code: 'user_not_found' })
  })
})

test('API keys are made, listed and removed', async () => {
  const c = client()
  await c.login(credentials)
  const wanted = { name: 'Backup', scopes: ['profile:read' as const] }
  expect(await c.apiKeys.create(wanted)).toEqual({ api_key: apiKey, key: 'lk_X' })
  expect(service.bodies.at(-1)).toEqual(wanted)
  expect(await c.apiKeys.list()).toEqual([apiKey])
  expect(await c.apiKeys.remove('k-1')).toBeUndefined()
  await c.apiKeys.remove('../x')
  expect(service.requests.at(-1)).toBe('DELETE /api/users/me/api-keys/..%2Fx')
})

describe('sessions', () => {
  test('are listed and revoked', async () => {
    const c = client()
    await c.login(credentials)
    expect(await c.sessions.list()).toEqual([{ id: 's-1', current: true }])
    expect(await c.sessions.revokeOthers()).toBe(2)
    expect(c.state.status).toBe('signed-in')
    await c.sessions.revoke('s-1')
    expect(c.state.status).toBe('signed-out')
  })

  test('an id cannot lead to another address', async () => {
    const c = client()
    await c.login(credentials)
    await c.sessions.revoke('../x')
    expect(service.requests).toContain('DELETE /api/users/me/sessions/..%2Fx')
  })
})
