import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { createClient, type Client } from '../../src/index.js'
import { Page } from './page.js'
import { Service, ada, base, countess, credentials, failure, held, json, notRefreshed } from './service.js'

let page: Page
let service: Service
let tabs: Client[]

beforeEach(() => {
  page = new Page()
  page.document.cookie = 'logged_in=true'
  service = new Service()
  tabs = [1, 2, 3].map(() => createClient({ baseUrl: base, fetch: service.fetch }))
})
afterEach(() => {
  for (const tab of tabs) tab.close()
  vi.unstubAllGlobals()
})

const settled = () => new Promise((resolve) => setTimeout(resolve))
const eventually = (check: () => void) => vi.waitFor(check, { timeout: 20_000 })
const statuses = () => tabs.map((tab) => tab.state.status)

describe('every tab', () => {
  test('shows a login and a logout of one, without asking the service', async () => {
    const listener = vi.fn()
    tabs[2]!.onChange(listener)
    await tabs[0]!.login(credentials)
    await settled()
    expect(tabs.map((tab) => tab.state)).toEqual(Array(3).fill({ status: 'signed-in', user: ada }))
    await tabs[1]!.logout()
    await settled()
    expect(statuses()).toEqual(Array(3).fill('signed-out'))
    expect(listener.mock.calls.map(([state]) => state.status)).toEqual(['signed-in', 'signed-out'])
    expect(service.requests).toEqual(['POST /api/auth/login', 'POST /api/auth/logout'])
  })

  test('shows that a session was ended elsewhere as soon as one finds out', async () => {
    await tabs[0]!.login(credentials)
    service.expire()
    service.next('POST /api/auth/refresh', () => notRefreshed('session_revoked'))
    await tabs[2]!.me().catch(() => {})
    await settled()
    expect(statuses()).toEqual(Array(3).fill('signed-out'))
  })

  test('shows a change of the profile', async () => {
    await tabs[0]!.login(credentials)
    await tabs[1]!.update({ name: 'Countess' })
    await settled()
    expect(tabs.map((tab) => tab.state.user)).toEqual(Array(3).fill(countess))
    expect(service.requests).toEqual(['POST /api/auth/login', 'PATCH /api/users/me'])
  })

  test('keeps its state while one meets an outage', async () => {
    await tabs[0]!.login(credentials)
    service.expire()
    service.next('POST /api/auth/refresh', () => failure(503, 'unavailable'))
    await tabs[1]!.me().catch(() => {})
    await settled()
    expect(statuses()).toEqual(Array(3).fill('signed-in'))
  })

  test('may refresh at the same time: there is no lock', async () => {
    await tabs[0]!.login(credentials)
    await settled()
    service.expire()
    const slow = held(() => json(200, { status: 'success', access_token: 'x' }))
    service.next('POST /api/auth/refresh', slow.answer, slow.answer, slow.answer)
    const refreshes = tabs.map((tab) => tab.refresh())
    expect(service.count('POST /api/auth/refresh')).toBe(3)
    slow.release()
    await Promise.all(refreshes)
    expect(statuses()).toEqual(Array(3).fill('signed-in'))
  })
})

describe('news', () => {
  test('older than the last sign-in do not count', async () => {
    await tabs[0]!.login(credentials)
    page.news({ at: Date.now() - 1000, user: null })
    await settled()
    expect(statuses()).toEqual(Array(3).fill('signed-in'))
    page.news({ at: Date.now() + 1, user: null })
    await settled()
    expect(statuses()).toEqual(Array(3).fill('signed-out'))
  })

  test('of another service do not count', async () => {
    await tabs[0]!.login(credentials)
    page.news({ at: Date.now() + 1, user: null }, 'latchkey http://localhost:9000')
    await settled()
    expect(statuses()).toEqual(Array(3).fill('signed-in'))
  })

  test('that came while an answer was under way count more than the answer', async () => {
    await tabs[0]!.login(credentials)
    const slow = held(() => json(200, { status: 'success', data: { user: ada } }))
    service.next('GET /api/users/me', slow.answer)
    const me = tabs[1]!.me()
    await tabs[0]!.logout()
    await settled()
    slow.release()
    await me
    expect(statuses()).toEqual(Array(3).fill('signed-out'))
  })
})

describe('an answer that belongs to the former session', () => {
  // A clock that can be told apart at each step, since steps of these tests take less than a millisecond.
  beforeEach(() => void vi.useFakeTimers({ now: Date.parse('2026-01-02T03:00:00Z'), toFake: ['Date'] }))
  afterEach(() => void vi.useRealTimers())
  const later = () => void vi.setSystemTime(Date.now() + 1000)

  // As may be when the first tab is busy.
  test('does not sign out who signed in in another tab, when it comes before the news of that', async () => {
    await tabs[0]!.login(credentials)
    await settled()
    later()
    const slow = held(() => notRefreshed('session_revoked'))
    service.next('POST /api/auth/refresh', slow.answer)
    const refresh = tabs[0]!.refresh()
    later()
    page.hold()
    await tabs[1]!.login(credentials)
    later()
    slow.release()
    await expect(refresh).rejects.toMatchObject({ status: 401, code: 'session_revoked' })
    await settled()
    page.deliver()
    await settled()
    expect(statuses()).toEqual(Array(3).fill('signed-in'))
  })

  // Its cookies would otherwise be stored, or cleared, after those of the login.
  test.each(['login', 'logout'] as const)('is not waited for any more after a %s in another tab', async (method) => {
    await tabs[0]!.login(credentials)
    await settled()
    later()
    service.next('POST /api/auth/refresh', held(() => notRefreshed('session_revoked')).answer)
    const refresh = tabs[0]!.refresh()
    await tabs[1]![method](credentials)
    await expect(refresh).rejects.toMatchObject({ status: 0, code: 'network_error' })
    expect(statuses()).toEqual(Array(3).fill(method === 'login' ? 'signed-in' : 'signed-out'))
  })

  test('is waited for while another tab only changes the profile', async () => {
    await tabs[0]!.login(credentials)
    await settled()
    const slow = held(() => json(200, { status: 'success' }))
    service.next('POST /api/auth/refresh', slow.answer)
    const refresh = tabs[0]!.refresh()
    await tabs[1]!.update({ name: 'Countess' })
    await settled()
    slow.release()
    await refresh
    expect(tabs.map((tab) => tab.state.user)).toEqual(Array(3).fill(countess))
  })

  test('does not bring back who was here before', async () => {
    await tabs[0]!.login(credentials)
    await settled()
    later()
    const slow = held(() => json(200, { status: 'success', data: { user: countess } }))
    service.next('PATCH /api/users/me', slow.answer)
    const update = tabs[0]!.update({ name: 'Countess' })
    later()
    page.hold()
    const grace = (service.who = { ...ada, id: 'u-2', name: 'Grace' })
    await tabs[1]!.login(credentials)
    later()
    slow.release()
    await update
    page.deliver()
    await settled()
    expect(tabs.map((tab) => tab.state.user)).toEqual(Array(3).fill(grace))
  })

  test('still tells when nobody has signed in since', async () => {
    await tabs[0]!.login(credentials)
    await settled()
    later()
    service.next('POST /api/auth/refresh', () => notRefreshed('session_revoked'))
    await tabs[0]!.refresh().catch(() => {})
    await settled()
    expect(statuses()).toEqual(Array(3).fill('signed-out'))
  })
})

describe('news that were missed, as in a page that was frozen,', () => {
  const wakeups = [
    ['shown again', () => page.show('visible')],
    ['brought back', () => page.window.dispatchEvent(new Event('pageshow'))],
    ['online again', () => page.window.dispatchEvent(new Event('online'))],
  ] as const

  test.each(wakeups)('show in the cookie logged_in: a logout, when the page is %s', async (_, wake) => {
    await tabs[0]!.login(credentials)
    service.signedIn = false
    page.document.cookie = ''
    wake()
    await eventually(() => expect(statuses()).toEqual(Array(3).fill('signed-out')))
  })

  test.each(wakeups)('show in the cookie logged_in: a login, when the page is %s', async (_, wake) => {
    await tabs[0]!.logout()
    await settled()
    await service.fetch(base + '/api/auth/login', { method: 'POST' })
    wake()
    await eventually(() => expect(statuses()).toEqual(Array(3).fill('signed-in')))
  })

  test('are not asked for when the cookie and the state agree, nor before anybody has asked', async () => {
    page.show('visible')
    await tabs[0]!.login(credentials)
    await settled()
    page.show('visible')
    expect(service.requests).toEqual(['POST /api/auth/login'])
  })
})

test('a closed client hears and tells nothing', async () => {
  tabs[0]!.close()
  expect(page.channels).toBe(2)
  await tabs[0]!.login(credentials)
  await settled()
  expect(statuses()).toEqual(['signed-in', 'unknown', 'unknown'])
  await tabs[1]!.logout()
  await settled()
  expect(statuses()).toEqual(['signed-in', 'signed-out', 'signed-out'])
})
