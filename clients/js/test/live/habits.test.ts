import { describe, expect, test } from 'vitest'
import { base, Browser } from './browser.js'
import { interceptor, mutex, withoutMutex, type Habit } from './habits.js'

const paths = ['users/me', 'users/me/sessions', 'users/me?n=3', 'users/me/sessions?n=4', 'users/me?n=5']
const refresh = 'GET /api/auth/refresh'

// As many refreshes at once as the app's habit makes, and nobody is signed out.
describe.concurrent.each<[string, Habit, number]>([
  ['an axios interceptor', interceptor, 5],
  ['a Redux Toolkit base query with a mutex', mutex, 1],
  ['an app without a mutex', withoutMutex, 5],
])('%s', (_, habit, refreshes) => {
  test.each([
    ['the access cookie has run out', true],
    ['an expired access token is sent', false],
  ])('five calls at once succeed after %s, twice', async (_, forgets) => {
    const browser = new Browser(forgets)
    const gone: string[] = []
    const call = habit(browser, () => gone.push('to the sign-in page'))
    await browser.signIn()
    for (let round = 0; round < 2; round++) {
      await browser.accessEnds()
      const answers = await call(paths)
      expect(answers).toEqual(paths.map((path) => expect.objectContaining({
        status: 'success',
        data: path.includes('sessions') ? { sessions: [expect.objectContaining({ current: true })] } : { user: expect.objectContaining({ name: 'Ada' }) },
      })))
      expect(browser.count(refresh)).toBe(refreshes)
      expect(browser.count(`${refresh} 200`)).toBe(refreshes)
    }
    expect(gone).toEqual([])
    expect(browser.cookie('/')).toContain('logged_in=true')
  })

  test('leads to the sign-in page when the session is over', async () => {
    const browser = new Browser()
    const gone: string[] = []
    const call = habit(browser, () => gone.push('to the sign-in page'))
    await browser.signIn()
    await call(['users/me'])
    await browser.fetch(base + '/api/auth/logout', { credentials: 'include' })
    await expect(call(['users/me'])).rejects.toBeDefined()
    expect(gone).toEqual(['to the sign-in page'])
  })
})
