import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { createClient, type Client } from '../../src/index.js'
import { Page } from './page.js'
import { Service, base, credentials, failure, unreachable } from './service.js'

const second = 1000
const minute = 60 * second
let page: Page
let service: Service
let open: Client[]

function tab(options = {}) {
  const client = createClient({ baseUrl: base, fetch: service.fetch, ...options })
  open.push(client)
  return client
}

beforeEach(() => {
  vi.useFakeTimers({ now: Date.parse('2026-01-02T03:00:00Z') })
  page = new Page('http://app.example.com/')
  service = new Service()
  open = []
})
afterEach(() => {
  for (const client of open) client.close()
  vi.useRealTimers()
  vi.unstubAllGlobals()
})

const pass = (ms: number) => vi.advanceTimersByTimeAsync(ms)
const refreshes = () => service.count('POST /api/auth/refresh')

/** The computer sleeps: the clock goes on, timers do not. */
const sleep = (ms: number) => void vi.setSystemTime(Date.now() + ms)

describe('a visible page', () => {
  test('refreshes half a minute before each access token ends, and never in between', async () => {
    await tab().login(credentials)
    await pass(14.4 * minute)
    expect(refreshes()).toBe(0)
    await pass(0.2 * minute)
    expect(refreshes()).toBe(1)
    await pass(14 * minute)
    expect(refreshes()).toBe(1)
    await pass(0.6 * minute)
    expect(refreshes()).toBe(2)
    expect(service.requests).toHaveLength(3)
  })

  test('refreshes a short-lived token at half its life', async () => {
    service.life = 20
    await tab().login(credentials)
    await pass(9 * second)
    expect(refreshes()).toBe(0)
    await pass(2 * second)
    expect(refreshes()).toBe(1)
  })

  test('learns the time from the session view', async () => {
    await service.fetch(base + '/api/auth/login', { method: 'POST' })
    await pass(10 * minute)
    await tab().session()
    await pass(4.4 * minute)
    expect(refreshes()).toBe(0)
    await pass(0.2 * minute)
    expect(refreshes()).toBe(1)
  })

  test('refreshes at once when the session view says that only a refresh can go on', async () => {
    await service.fetch(base + '/api/auth/login', { method: 'POST' })
    service.expire()
    await tab().session()
    await pass(0)
    expect(refreshes()).toBe(1)
  })

  test.each([['behind', 5], ['ahead', -5]])('does the same when its clock is %s', async (_, hours) => {
    for (const tokenInBody of [true, false]) {
      service = new Service()
      service.ahead = hours * 60 * minute
      service.tokenInBody = tokenInBody
      const client = tab()
      await client.login(credentials)
      await pass(14.4 * minute)
      expect(refreshes()).toBe(0)
      await pass(0.2 * minute)
      expect(refreshes()).toBe(1)
      await pass(14 * minute)
      expect(refreshes()).toBe(1)
      await client.logout()
    }
  })

  test('asks for the life of the token where bodies have none', async () => {
    service.tokenInBody = false
    await tab().login(credentials)
    await pass(14.6 * minute)
    expect(service.requests).toEqual([
      'POST /api/auth/login', 'GET /api/auth/session', 'POST /api/auth/refresh', 'GET /api/auth/session',
    ])
  })

  test('does not refresh again and again where no access cookie is kept', async () => {
    service.tokenInBody = false
    service.life = 0
    await tab().login(credentials)
    await pass(10 * minute)
    expect(refreshes()).toBeLessThanOrEqual(10)
  })

  test.each(['login', 'session'] as const)('rests when nobody is signed in (%s)', async (method) => {
    const client = tab()
    await client[method](credentials)
    await client.logout()
    await pass(60 * minute)
    expect(refreshes()).toBe(0)
  })

  test('rests after close', async () => {
    const client = tab()
    await client.login(credentials)
    client.close()
    await pass(60 * minute)
    page.show('visible')
    expect(refreshes()).toBe(0)
  })
})

describe('of several tabs', () => {
  test('one refreshes for all', async () => {
    const [first] = [tab(), tab(), tab()]
    await first.login(credentials)
    await pass(14.4 * minute)
    await open[1]!.refresh()
    await pass(14.4 * minute)
    expect(refreshes()).toBe(1)
  })

  test('that share a service without tokens in bodies, no more than one refreshes in a quarter of an hour', async () => {
    service.tokenInBody = false
    const [first] = [tab(), tab(), tab()]
    await first.login(credentials)
    await pass(14 * minute)
    expect(refreshes()).toBe(0)
    await first.refresh()
    await pass(14 * minute)
    expect(refreshes()).toBe(1)
  })
})

describe('a hidden page', () => {
  test('rests, and refreshes when it is shown if that is due', async () => {
    await tab().login(credentials)
    page.show('hidden')
    await pass(8 * 60 * minute)
    expect(refreshes()).toBe(0)
    page.show('visible')
    await pass(0)
    expect(refreshes()).toBe(1)
    await pass(14 * minute)
    expect(refreshes()).toBe(1)
  })

  test('that is shown early goes on as before', async () => {
    await tab().login(credentials)
    page.show('hidden')
    await pass(5 * minute)
    page.show('visible')
    await pass(9 * minute)
    expect(refreshes()).toBe(0)
    await pass(1 * minute)
    expect(refreshes()).toBe(1)
  })
})

describe('a computer that slept for a night', () => {
  test.each([
    ['shown', () => page.show('visible')],
    ['online', () => page.window.dispatchEvent(new Event('online'))],
    ['brought back', () => page.window.dispatchEvent(new Event('pageshow'))],
  ])('refreshes at once when the page is %s', async (_, wake) => {
    await tab().login(credentials)
    sleep(8 * 60 * minute)
    wake()
    await pass(0)
    expect(refreshes()).toBe(1)
  })

  test('refreshes within a minute without any such sign', async () => {
    await tab().login(credentials)
    sleep(8 * 60 * minute)
    await pass(1 * minute)
    expect(refreshes()).toBe(1)
  })

  test('tries again when the network comes later', async () => {
    const client = tab()
    await client.login(credentials)
    sleep(8 * 60 * minute)
    service.next('POST /api/auth/refresh', unreachable, unreachable)
    page.show('visible')
    await pass(5 * second)
    expect(refreshes()).toBe(1)
    page.window.dispatchEvent(new Event('online'))
    await pass(0)
    expect(refreshes()).toBe(2)
    await pass(31 * second)
    expect(refreshes()).toBe(3)
    await pass(10 * minute)
    expect(refreshes()).toBe(3)
    expect(client.state.status).toBe('signed-in')
  })
})

describe('a service that asks for patience', () => {
  test.each([503, 429])('gets it after %d', async (status) => {
    const client = tab()
    await client.login(credentials)
    service.next('POST /api/auth/refresh', () => failure(status, 'unavailable', 'Later.', { 'Retry-After': '120' }))
    await pass(14.6 * minute)
    expect(refreshes()).toBe(1)
    await pass(1.8 * minute)
    expect(refreshes()).toBe(1)
    await pass(0.4 * minute)
    expect(refreshes()).toBe(2)
    expect(client.state.status).toBe('signed-in')
  })
})

test('a server has no timers, tabs or listeners', async () => {
  vi.stubGlobal('document', undefined)
  vi.stubGlobal('BroadcastChannel', class { constructor() { throw new Error('an open channel') } })
  await tab().login(credentials)
  await pass(60 * minute)
  expect(service.requests).toEqual(['POST /api/auth/login'])
  expect(vi.getTimerCount()).toBe(0)
})
