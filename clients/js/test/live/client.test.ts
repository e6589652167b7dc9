import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { describe, expect, test } from 'vitest'
import { createClient } from '@latchkey/client'
import { base, Browser, email, password } from './browser.js'

const clientOf = (browser: Browser) => createClient({ baseUrl: base, fetch: browser.fetch })
const me = 'GET /api/users/me'
const refresh = 'POST /api/auth/refresh'

describe.concurrent('the client and the service', () => {
  test('register, login, me, logout', async () => {
    const browser = new Browser()
    const client = clientOf(browser)
    const credentials = { email: email(), password }
    const { id } = await client.register({ name: 'Ada', ...credentials })
    expect(client.state.status).toBe('signed-out')
    expect((await client.login(credentials)).id).toBe(id)
    expect([...browser.cookies.keys()].sort()).toEqual(['access_token', 'logged_in', 'refresh_token'])
    expect(await client.me()).toMatchObject({ id, email: credentials.email, username: null, role: 'user' })
    expect(await client.session()).toMatchObject({ user: { id }, session: { access_expires_at: expect.stringMatching(/Z$/) } })
    await client.logout()
    expect(client.state.status).toBe('signed-out')
    expect(browser.cookies.size).toBe(0)
    await expect(client.me()).rejects.toMatchObject({ status: 401, code: 'access_token_missing' })
    await expect(client.refresh()).rejects.toMatchObject({ status: 401, code: 'refresh_token_missing' })
    expect(await client.session()).toEqual({ session: null, user: null })
  })

  test.each([
    ['forgets cookies that have run out', true],
    ['keeps them', false],
  ])('when the access token ends there is one silent refresh, in a browser that %s', async (_, forgets) => {
    const browser = new Browser(forgets)
    await browser.signIn()
    const client = clientOf(browser)
    await client.session()
    await browser.accessEnds()
    expect((await client.me()).name).toBe('Ada')
    expect(browser.log).toEqual([`${me} 401`, `${refresh} 200`, `${me} 200`])
    await browser.accessEnds()
    const answers = await Promise.all([1, 2, 3, 4, 5].map(() => client.fetch('/api/users/me/sessions')))
    expect(answers.map((answer) => answer.status)).toEqual([200, 200, 200, 200, 200])
    expect(browser.count(refresh)).toBe(1)
    expect(client.state.status).toBe('signed-in')
  })

  test('five tabs that wake at once all stay signed in', async () => {
    const browser = new Browser()
    await browser.signIn()
    for (let round = 0; round < 2; round++) {
      await browser.accessEnds()
      const tabs = [1, 2, 3, 4, 5].map(() => clientOf(browser))
      const people = await Promise.all(tabs.map((tab) => tab.me()))
      expect(people.map((user) => user.name)).toEqual(Array(5).fill('Ada'))
      expect(browser.count(refresh)).toBe(browser.count(`${refresh} 200`))
      expect(browser.count(refresh)).toBeGreaterThan(1)
    }
  })

  test('a device that is revoked is signed out, the others are not', async () => {
    const [here, there] = [new Browser(), new Browser()]
    const credentials = { email: await here.signIn(), password }
    const [mine, other] = [clientOf(here), clientOf(there)]
    await other.login(credentials)
    const listed = await mine.sessions.list()
    expect(listed.map((session) => session.current)).toEqual([false, true])
    await mine.sessions.revoke(listed[0]!.id)
    await expect(other.me()).rejects.toMatchObject({ status: 401, code: 'session_revoked' })
    expect(other.state.status).toBe('signed-out')
    await expect(mine.sessions.revoke(listed[0]!.id)).rejects.toMatchObject({ status: 404, code: 'session_not_found' })
    await other.login(credentials)
    expect(await mine.sessions.revokeOthers()).toBe(1)
    expect((await mine.me()).name).toBe('Ada')
    await mine.sessions.revoke((await mine.sessions.list())[0]!.id)
    expect(mine.state.status).toBe('signed-out')
    expect(here.cookies.size).toBe(0)
  })

  test('the profile, and what is kept beside it', async () => {
    const [here, there] = [new Browser(), new Browser()]
    const client = clientOf(here)
    const { id } = await client.login({ email: await here.signIn(), password })
    expect(await client.metadata()).toEqual({})
    const username = 'countess-' + id.slice(-12)
    const user = await client.update({ name: 'Countess', username, metadata: { surname: 'King', phone: '1' } })
    expect(user).toMatchObject({ id, name: 'Countess', username })
    expect(client.state.user).toEqual(user)
    await client.update({ metadata: { phone: null } })
    expect(await client.metadata()).toEqual({ surname: 'King' })
    await expect(client.update({ username: '?' })).rejects.toMatchObject({ status: 400, fields: [{ field: 'username' }] })

    await there.signIn()
    const other = clientOf(there)
    expect(await other.profile(id)).toEqual({ id, name: 'Countess', username, photo: '' })
    await expect(other.update({ username })).rejects.toMatchObject({ status: 409, code: 'username_taken' })
    for (const unknown of ['00000000-0000-4000-8000-000000000000', '../x']) {
      await expect(other.profile(unknown)).rejects.toMatchObject({ status: 404, code: 'user_not_found' })
    }
    const registered = clientOf(new Browser())
    const credentials = { email: email(), password }
    await registered.register({ name: 'Grace', ...credentials, metadata: { surname: 'Hopper' } })
    await registered.login(credentials)
    expect(await registered.metadata()).toEqual({ surname: 'Hopper' })
  })

  test('an API key is shown once, serves, and is removed', async () => {
    const browser = new Browser()
    await browser.signIn()
    const client = clientOf(browser)
    const expires_at = new Date(Date.now() + 86_400_000).toISOString()
    const { api_key, key } = await client.apiKeys.create({ name: 'Backup', scopes: ['profile:read'], expires_at })
    expect(api_key).toMatchObject({ name: 'Backup', scopes: ['profile:read'], expires_at: expect.stringMatching(/Z$/), last_used_at: null })
    expect(key.startsWith(api_key.prefix)).toBe(true)
    const program = () => fetch(base + '/api/users/me', { headers: { 'X-API-Key': key } })
    expect((await program()).status).toBe(200)
    const listed = await client.apiKeys.list()
    expect(listed).toEqual([{ ...api_key, last_used_at: expect.stringMatching(/Z$/) }])
    await client.apiKeys.remove(api_key.id)
    expect((await program()).status).toBe(401)
    expect(await client.apiKeys.list()).toEqual([])
    await expect(client.apiKeys.remove(api_key.id)).rejects.toMatchObject({ status: 404, code: 'api_key_not_found' })
    await expect(client.apiKeys.create({ name: '', scopes: ['profile:read'] })).rejects.toMatchObject({ status: 400, fields: [{ field: 'name' }] })
  })

  test('a script without a browser signs in by the form, makes a key and lives on it', async () => {
    const browser = new Browser()
    const LATCHKEY_USER = await browser.signIn()
    const recipe = fileURLToPath(new URL('../recipes/script.mjs', import.meta.url))
    const run = (LATCHKEY_PASSWORD: string) =>
      promisify(execFile)(process.execPath, [recipe], { env: { LATCHKEY_URL: base, LATCHKEY_USER, LATCHKEY_PASSWORD } })
    expect((await run(password)).stdout).toBe('Ada\n')
    expect(await clientOf(browser).apiKeys.list()).toMatchObject([{ name: 'Nightly report', last_used_at: expect.anything() }])
    await expect(run('wrong')).rejects.toMatchObject({ stderr: expect.stringContaining('/api/auth/token: 400 invalid_grant') })
  })

  test('a server that renders pages sees who is signed in while the access token lives, and uses nothing up', async () => {
    const browser = new Browser()
    await browser.signIn()
    // What the browser sends for a page of the app: not the refresh token, which is for /api/auth alone.
    const pageOf = () => createClient({ baseUrl: base, cookie: browser.cookie('/dashboard') })
    for (let n = 0; n < 5; n++) expect(await pageOf().session()).toMatchObject({ user: { name: 'Ada' } })
    expect((await pageOf().fetch('/api/users/me')).status).toBe(200)
    await browser.accessEnds()
    expect(await pageOf().session()).toEqual({ session: null, user: null })
    expect((await pageOf().fetch('/api/users/me')).status).toBe(401)
    const client = clientOf(browser)
    expect(await client.session()).toMatchObject({ user: { name: 'Ada' }, session: { access_expires_at: null } })
    expect((await client.me()).name).toBe('Ada')
  })

  test('failures name what is wrong', async () => {
    const browser = new Browser()
    const client = clientOf(browser)
    const taken = await browser.signIn()
    await expect(client.register({ name: 'Ada', email: taken, password })).rejects.toMatchObject({ status: 409, code: 'email_taken' })
    await expect(client.register({ name: '', email: 'none', password })).rejects.toMatchObject({
      status: 400,
      code: 'validation_failed',
      fields: [{ field: 'name', code: 'required' }, { field: 'email', code: 'invalid' }],
      requestId: expect.stringMatching(/./),
    })
    await expect(client.register({ name: 'Ada', email: email(), password, passwordConfirm: 'x' })).rejects.toMatchObject({
      code: 'password_mismatch',
    })
    await expect(client.login({ email: taken, password: 'wrong' })).rejects.toMatchObject({ status: 401, code: 'invalid_credentials' })
    const away = createClient({ baseUrl: 'http://127.0.0.1:1' })
    await expect(away.session()).rejects.toMatchObject({ status: 0, code: 'network_error' })
    expect(away.state.status).toBe('unknown')
  })
})
