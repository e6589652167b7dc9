import { describe, expect, test } from 'vitest'
import { createClient } from '@latchkey/client'
import { base, Browser, email, password, quiet } from './browser.js'

const clientOf = (browser: Browser, baseUrl = quiet) => createClient({ baseUrl, fetch: browser.fetch })
const me = 'GET /api/users/me'
const refresh = 'POST /api/auth/refresh'

/** A new person, who has kept every access token that an answer showed to scripts. */
function person() {
  const browser = new Browser()
  const tokens: string[] = []
  const watched: typeof fetch = async (input, init) => {
    const response = await browser.fetch(input, init)
    const { access_token } = await response.clone().json().catch(() => ({}))
    if (access_token) tokens.push(access_token)
    return response
  }
  return { browser, tokens, watched, registration: { name: 'Ada', email: email(), password } }
}

describe.concurrent('with REGISTER_LOGS_IN=true and ACCESS_TOKEN_IN_BODY=false', () => {
  test('a registration is a sign-in, and no script sees a token', async () => {
    const { browser, tokens, watched, registration } = person()
    const client = createClient({ baseUrl: quiet, fetch: watched })
    const user = await client.register(registration)
    expect(client.state).toEqual({ status: 'signed-in', user })
    expect([...browser.cookies.keys()].sort()).toEqual(['access_token', 'logged_in', 'refresh_token'])
    await client.refresh()
    await client.logout()
    await client.login(registration)
    expect((await client.me()).id).toBe(user.id)
    expect(tokens).toEqual([])
  })

  test('when the access token ends there is one silent refresh', async () => {
    const { browser, registration } = person()
    const client = clientOf(browser)
    await client.register(registration)
    await browser.accessEnds(quiet)
    expect((await client.me()).name).toBe('Ada')
    expect(browser.log.filter((entry) => !entry.includes('/session'))).toEqual([`${me} 401`, `${refresh} 200`, `${me} 200`])
    expect(client.state.status).toBe('signed-in')
  })

  test('a registration that is refused signs nobody out', async () => {
    const { browser, registration } = person()
    const client = clientOf(browser)
    const user = await client.register(registration)
    await expect(client.register(registration)).rejects.toMatchObject({ status: 409, code: 'email_taken' })
    expect(client.state).toEqual({ status: 'signed-in', user })
  })
})

test('as the service comes, a registration signs nobody in, and none out', async () => {
  const { browser, tokens, watched, registration } = person()
  const client = createClient({ baseUrl: base, fetch: watched })
  const ada = await client.register(registration)
  expect(client.state.status).toBe('signed-out')
  expect(browser.cookies.size).toBe(0)
  await client.login(registration)
  expect(tokens).toHaveLength(1)
  await client.register({ ...registration, name: 'Eve', email: email() })
  expect(client.state).toEqual({ status: 'signed-in', user: ada })
})
