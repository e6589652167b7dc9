import { readdirSync, readFileSync } from 'node:fs'
import { afterAll, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest'
import { ada, credentials, failure, notLoggedIn, notRefreshed, Service } from './service.js'

// The recipes of the README, with the real libraries.
const service = new Service()
const refresh = 'POST /api/auth/refresh'

beforeAll(() => vi.stubGlobal('fetch', service.fetch))
afterAll(() => vi.unstubAllGlobals())

const { client } = await import('../recipes/latchkey.js')
beforeEach(async () => {
  vi.stubGlobal('fetch', service.fetch)
  await client.login(credentials)
  service.requests.length = 0
})

test('the README has them word for word', () => {
  const readme = readFileSync(new URL('../../README.md', import.meta.url), 'utf8')
  const folder = new URL('../recipes/', import.meta.url)
  const recipes = readdirSync(folder).map((name) => new URL(name, folder))
  expect(recipes.length).toBeGreaterThan(4)
  recipes.push(new URL('../../../../examples/spa/src/useAuth.ts', import.meta.url))
  for (const recipe of recipes) expect(readme).toContain(readFileSync(recipe, 'utf8'))
})

describe.each(['axios', 'axios-fetch'])('%s', async (recipe) => {
  const { api } = await import(`../recipes/${recipe}.ts`)
  // In browsers the interceptor works with XMLHttpRequest, which Node.js has not.
  const options = recipe === 'axios' ? { adapter: 'fetch', env: { fetch: service.fetch } } : {}

  test('parallel calls after the end of the access token share one refresh', async () => {
    service.expire()
    const answers = await Promise.all([1, 2, 3, 4, 5].map((n) => api.post('/api/posts/' + n, { n }, options)))
    expect(answers.map((answer) => answer.status)).toEqual([200, 200, 200, 200, 200])
    expect(answers.map((answer) => answer.config.data)).toEqual([1, 2, 3, 4, 5].map((n) => `{"n":${n}}`))
    expect(service.count(refresh)).toBe(1)
  })

  test('a second refusal is the answer', async () => {
    service.next('GET /api/posts', notLoggedIn, notLoggedIn)
    await expect(api.get('/api/posts', options)).rejects.toMatchObject({ response: { status: 401 } })
    expect(service.requests).toEqual(['GET /api/posts', refresh, 'GET /api/posts'])
  })

  test('an outage signs nobody out, the end of the session does', async () => {
    service.expire()
    service.next(refresh, () => failure(503, 'unavailable'))
    await expect(api.get('/api/posts', options)).rejects.toBeInstanceOf(Error)
    expect(client.state.status).toBe('signed-in')
    service.next(refresh, () => notRefreshed())
    await expect(api.get('/api/posts', options)).rejects.toBeInstanceOf(Error)
    expect(client.state.status).toBe('signed-out')
  })
})

test('vue', async () => {
  const { computed } = await import('vue')
  const { useAuth } = await import('../recipes/vue.js')
  const name = computed(() => useAuth().value.user?.name)
  expect(name.value).toBe('Ada')
  await client.logout()
  expect(name.value).toBeUndefined()
})

test('svelte', async () => {
  const { get } = await import('svelte/store')
  const { auth } = await import('../recipes/svelte.js')
  expect(get(auth)).toEqual({ status: 'signed-in', user: ada })
  const seen: string[] = []
  const leave = auth.subscribe((state) => seen.push(state.status))
  await client.logout()
  leave()
  await client.login(credentials)
  expect(seen).toEqual(['signed-in', 'signed-out'])
  expect(get(auth).status).toBe('signed-in')
})

test('every request is one that the service describes', async () => {
  const { paths } = JSON.parse(readFileSync(new URL('../../../../internal/openapi/openapi.json', import.meta.url), 'utf8'))
  await client.register({ name: 'Ada', ...credentials })
  await Promise.all([client.me(), client.session(), client.refresh(), client.sessions.list(), client.sessions.revokeOthers()])
  await Promise.all([client.update({ name: 'Ada' }), client.metadata(), client.profile('u-2'), client.apiKeys.list()])
  await client.apiKeys.create({ name: 'Backup', scopes: ['profile:read'] })
  await client.apiKeys.remove('k-1')
  await client.sessions.revoke('s-1')
  await client.logout()
  const asked = new Set(service.requests.map((request) => request.replace(/\/[suk]-\d$/, '/{id}')))
  expect(asked.size).toBe(14)
  for (const request of asked) {
    const [method, path] = request.toLowerCase().split(' ') as [string, string]
    expect(paths[path]?.[method], request).toBeDefined()
  }
})
