import { createServer, type IncomingMessage, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { createClient } from '../../src/index.js'

// A server that refuses the first request to each address, and the global fetch: what Node.js has is that of browsers.
let server: Server
let base: string
let foreign: string
let seen: { url: string; method: string; body: string; headers: IncomingMessage['headers'] }[]

beforeAll(async () => {
  const refused = new Set<string>()
  server = createServer(async (request, response) => {
    let body = ''
    for await (const chunk of request) body += chunk
    const url = request.url!
    seen.push({ url, method: request.method!, body, headers: request.headers })
    response.setHeader('Content-Type', 'application/json')
    if (url === '/api/auth/refresh') return response.end('{"status":"success"}')
    if (url === '/api/auth/session') return response.end('{"status":"success","data":{"session":null,"user":null}}')
    if (!refused.has(url)) {
      refused.add(url)
      response.statusCode = 401
      return response.end('{"status":"fail","code":"access_token_expired","message":"You are not logged in"}')
    }
    return response.end(JSON.stringify({ body }))
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  base = `http://127.0.0.1:${port}`
  foreign = `http://localhost:${port}`
})
afterAll(() => void server.close())
beforeEach(() => void (seen = []))

const tries = (path: string) => seen.filter((request) => request.url === path)
let next = 0
const path = () => '/thing/' + next++

describe('the second try sends the same again', () => {
  const form = new FormData()
  form.set('file', new Blob(['abc']), 'a.txt')
  test.each<[string, () => BodyInit]>([
    ['text', () => '{"a":"ö"}'],
    ['a form', () => new URLSearchParams({ a: '1' })],
    ['a form with a file', () => form],
    ['a blob', () => new Blob(['abc'])],
    ['bytes', () => new Uint8Array([1, 2, 3])],
  ])('%s', async (_, body) => {
    const at = path()
    const init = { method: 'PUT', body: body(), headers: { 'X-Requested-With': 'test' } }
    const answer = await createClient({ baseUrl: base }).fetch(at, init)
    expect(answer.status).toBe(200)
    const [first, second] = tries(at)
    const boundary = /----[-\w]+/g
    expect(second!.body.replace(boundary, '')).toBe(first!.body.replace(boundary, ''))
    expect(second!.body).not.toBe('')
    expect(second).toMatchObject({ method: 'PUT', headers: { 'x-requested-with': 'test' } })
  })

  test('a Request', async () => {
    const at = path()
    const request = new Request(base + at, { method: 'POST', body: '{"a":1}', headers: { 'Content-Type': 'application/json' } })
    expect((await createClient({ baseUrl: base }).fetch(request)).status).toBe(200)
    expect(tries(at).map((t) => [t.body, t.headers['content-type']])).toEqual([
      ['{"a":1}', 'application/json'],
      ['{"a":1}', 'application/json'],
    ])
  })

  test('a URL, without a body', async () => {
    const at = path()
    expect((await createClient({ baseUrl: base }).fetch(new URL(base + at))).status).toBe(200)
    expect(tries(at)).toHaveLength(2)
  })
})

describe('a body that is used up is not sent again, but the next request finds the session refreshed', () => {
  test.each<[string, () => unknown]>([
    ['a stream', () => new Blob(['abc']).stream()],
    ['a generator', async function* () { yield new TextEncoder().encode('abc') }],
  ])('%s', async (_, body) => {
    const at = path()
    const init = { method: 'POST', body: body(), duplex: 'half' } as RequestInit
    const client = createClient({ baseUrl: base })
    const answer = await client.fetch(at, init.body instanceof ReadableStream ? init : { ...init, body: (body as () => BodyInit)() })
    expect(answer.status).toBe(401)
    expect(await answer.json()).toMatchObject({ code: 'access_token_expired' })
    expect(tries(at).map((t) => t.body)).toEqual(['abc'])
    expect(tries('/api/auth/refresh')).toHaveLength(1)
  })
})

test('an abort before the second try is an abort', async () => {
  const abort = new AbortController()
  const client = createClient({
    baseUrl: base,
    fetch: (input, init) => {
      if (String(input).endsWith('/refresh')) abort.abort()
      return fetch(input, init)
    },
  })
  await expect(client.fetch(path(), { signal: abort.signal })).rejects.toMatchObject({ name: 'AbortError' })
})

test('cookies are sent unless the caller says otherwise', async () => {
  const sent: (RequestInit | undefined)[] = []
  const client = createClient({
    baseUrl: base + '///',
    fetch: async (_, init) => {
      sent.push(init)
      return new Response()
    },
  })
  await client.fetch('/x')
  await client.fetch('/x', { credentials: 'omit' })
  expect(sent.map((init) => init?.credentials)).toEqual(['include', 'omit'])
  await client.session().catch(() => {})
  expect(sent[2]).toMatchObject({ credentials: 'include', cache: 'no-store' })
})

test('only a path of the service is put behind its address', async () => {
  const asked: string[] = []
  const client = createClient({
    baseUrl: 'https://api.example.com/auth/',
    fetch: async (input) => {
      asked.push(String(input))
      return new Response()
    },
  })
  const others = ['https://other.example.com/x', '//cdn.example.com/x', 'x.json']
  for (const input of ['/x', ...others]) await client.fetch(input)
  expect(asked).toEqual(['https://api.example.com/auth/x', ...others])
})

describe('on a server', () => {
  test('the cookies of the request go to the service and to nobody else', async () => {
    const client = createClient({ baseUrl: base, cookie: 'access_token=a; refresh_token=r' })
    expect(await client.session()).toEqual({ session: null, user: null })
    expect(client.state.status).toBe('signed-out')
    const at = [path(), path(), path()]
    await client.fetch(at[0]!, { headers: { Accept: 'text/plain' } })
    await client.fetch(new Request(base + at[1], { headers: { Accept: 'text/plain' } }))
    await client.fetch(foreign + at[2])
    const sent = (url: string) => tries(url).map((t) => t.headers.cookie)
    expect(at.flatMap(sent)).toEqual(['access_token=a; refresh_token=r', 'access_token=a; refresh_token=r', undefined])
    // Clients of the tests above may still be asking.
    expect(sent('/api/auth/session')).toContain('access_token=a; refresh_token=r')
    expect(tries(at[0]!)[0]!.headers.accept).toBe('text/plain')
    expect(tries(at[1]!)[0]!.headers.accept).toBe('text/plain')
  })

  test('nor to a host whose name only begins like that of the service', async () => {
    const sent: (string | null)[] = []
    const fetch = async (_: unknown, init?: RequestInit) => {
      sent.push(new Headers(init?.headers).get('cookie'))
      return new Response()
    }
    const client = createClient({ baseUrl: 'https://api.example.com', cookie: 'access_token=a', fetch })
    for (const host of ['api.example.com', 'api.example.com.evil.example', 'api.example.com:444']) await client.fetch(`https://${host}/x`)
    expect(sent).toEqual(['access_token=a', null, null])
  })

  test.each(['access_token=a', ''])('nothing is refreshed (cookies %j)', async (cookie) => {
    const answer = await createClient({ baseUrl: base, cookie }).fetch(path())
    expect(answer.status).toBe(401)
    expect(tries('/api/auth/refresh')).toHaveLength(0)
  })
})
