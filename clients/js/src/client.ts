import { LatchkeyError, isOver, lacksSignIn, read } from './error.js'
import { keepState } from './state.js'
import { keepTime, lifeOf } from './time.js'
import type { Client, Options, User } from './types.js'

const ignore = () => {}

/** Makes a client of the service at `baseUrl`. A page needs one. */
export function createClient({ baseUrl = '', fetch: given, user, cookie }: Options = {}): Client {
  const base = baseUrl.replace(/\/+$/, '')
  const store = keepState('latchkey ' + base, user, ({ anew, due = time.due() }) => {
    // The answer to a refresh of the former session could still put its cookies in the place of the new ones, or clear them.
    if (anew) halt.abort()
    time.set(due)
  })
  const isSignedIn = () => store.get().status === 'signed-in'
  const time = keepTime(isSignedIn, refresh, wake)
  // Successful refreshes: a request that was sent before the last one needs no other.
  let renewals = 0
  let renewal: Promise<void> | undefined
  let halt = new AbortController()

  /** Whether the cookie `logged_in` is there; undefined when this page cannot see the service's cookies. */
  function hint() {
    if (typeof document === 'undefined') return
    const { hostname, protocol } = new URL(base, location.href)
    if (hostname === location.hostname && protocol === location.protocol)
      return /(^|; )logged_in=true(;|$)/.test(document.cookie)
  }

  /** After a sleep, news of other tabs may have been missed. */
  function wake() {
    if (store.get().status !== 'unknown' && hint() === !isSignedIn()) session().catch(ignore)
  }

  const send: typeof fetch = (input, init) => {
    const all: RequestInit = { credentials: 'include', ...init }
    const request = input instanceof Request ? input : undefined
    if (cookie && (request?.url ?? String(input)).startsWith(base + '/')) {
      all.headers = new Headers(init?.headers ?? request?.headers)
      all.headers.set('cookie', cookie)
    }
    return (given ?? fetch)(input, all)
  }

  const retrying: typeof fetch = async (input, init) => {
    if (typeof input === 'string' && /^\/(?!\/)/.test(input)) input = base + input
    // A Request can be sent once, so that the second try needs one of its own.
    const again = input instanceof Request ? input.clone() : input
    const before = renewals
    const response = await send(input, init)
    if (cookie !== undefined || !(await lacksSignIn(response))) return response
    if (hint() === false) {
      announce(null)
      return response
    }
    try {
      if (before === renewals) await refresh()
    } catch (error) {
      if (isOver(error)) return response
      throw error
    }
    const body = init?.body as any
    const usedUp = body instanceof ReadableStream || body?.[Symbol.asyncIterator]
    return usedUp ? response : send(again, init)
  }

  async function call(via: typeof fetch, path: string, method = 'GET', body?: object, init?: RequestInit) {
    const headers = { 'Content-Type': 'application/json' }
    const sent = via(base + path, {
      method,
      cache: 'no-store',
      ...(body && { headers, body: JSON.stringify(body) }),
      ...init,
    })
    return read(
      await sent.catch((cause) => {
        if (cause instanceof LatchkeyError) throw cause
        throw new LatchkeyError(0, 'network_error', 'The service cannot be reached.', [], undefined, undefined, { cause })
      }),
    )
  }

  /** Takes over a sign-in or sign-out, in every tab; as of then, when that is what an answer says to what was asked then. */
  function announce(user: User | null, asked?: number) {
    const at = asked ?? Date.now()
    store.decide(user, at)
    store.tell({ user, at, anew: !asked })
    if (!user) time.set(Infinity)
  }

  /**
   * Notes what a request that begins now was asked for. What its answer says is announced as of now, and not at all when
   * somebody has signed in or out since, here or in another tab: then it speaks of the former session. A tab that has
   * signed in while its news were still on their way knows by the time that it is later.
   */
  function question() {
    const version = store.version()
    const at = Date.now()
    return (user: User | null) => {
      if (version === store.version()) announce(user, at)
    }
  }

  /** Plans the next refresh by what is left of the access token, in every tab. */
  function plan(left: number) {
    const due = Date.now() + Math.max(left - 30_000, left / 2)
    store.tell({ due, at: Date.now() })
    time.set(due)
  }

  /** Takes note of a new access token. Its life is asked for where bodies have none (`ACCESS_TOKEN_IN_BODY=false`). */
  function issued({ access_token }: { access_token?: string }) {
    renewals++
    const life = lifeOf(access_token)
    if (life) plan(life)
    else time.set(Date.now() + 60_000)
    if (!life || !isSignedIn()) session().catch(ignore)
  }

  async function renew() {
    const answered = question()
    const mine = (halt = new AbortController())
    AbortSignal.timeout(30_000).onabort = () => mine.abort()
    try {
      issued(await call(send, '/api/auth/refresh', 'POST', undefined, { signal: mine.signal }))
    } catch (error) {
      const { retryAfter } = error as LatchkeyError
      if (retryAfter) time.set(Date.now() + retryAfter * 1000)
      if (isOver(error)) answered(null)
      throw error
    }
  }

  function refresh() {
    return (renewal ??= renew().finally(() => (renewal = undefined)))
  }

  /** Takes over who is signed in from an answer, unless that has changed while it was under way. */
  async function learn(answer: Promise<any>) {
    const version = store.version()
    const body = await answer
    if (version === store.version()) store.set(body.data.user)
    return body
  }

  async function session() {
    const { data, now } = await learn(call(send, '/api/auth/session'))
    const left = Date.parse(data.session?.access_expires_at) - now
    if (left > 0) plan(left)
    // Only a refresh can go on. Not at once if there was one: where no access cookie is kept, that would never end.
    else if (data.session && time.due() === Infinity) time.set(0)
    return data
  }

  /** Sends what begins or ends a session, once the answer to a refresh of the former one can change no cookie any more. */
  async function enter(path: string, body?: object) {
    await renewal?.catch(ignore)
    return call(send, '/api/auth/' + path, 'POST', body)
  }

  async function entered(path: string, input: object) {
    const body = await enter(path, input)
    const { user } = body.data
    // A registration may be a sign-in too, and then has a token. Where bodies have none, the session view tells.
    if (path === 'login' || body.access_token || (hint() !== false && (await session().catch(ignore))?.user?.id === user.id)) {
      announce(user)
      issued(body)
    }
    return user
  }

  /** What the service keeps, for who is signed in. */
  const ask = async (path: string, method?: string, body?: object) =>
    (await call(retrying, '/api/users/' + path, method, body))?.data

  const list = 'me/sessions'
  const keys = 'me/api-keys'
  return {
    get state() {
      return store.get()
    },
    onChange: store.onChange,
    register: (input) => entered('register', { passwordConfirm: input.password, ...input }),
    login: (credentials) => entered('login', credentials),
    async logout() {
      try {
        await enter('logout')
      } catch (error) {
        // These two have taken the cookies away all the same.
        if (isOver(error) || (error as LatchkeyError).code === 'logout_incomplete') announce(null)
        throw error
      }
      announce(null)
    },
    me: async () => (await learn(call(retrying, '/api/users/me'))).data.user,
    async update(change) {
      const answered = question()
      const { user } = await ask('me', 'PATCH', change)
      answered(user)
      return user
    },
    metadata: async () => (await ask('me/metadata')).metadata,
    profile: async (id) => (await ask(encodeURIComponent(id))).user,
    session,
    refresh,
    sessions: {
      list: async () => (await ask(list)).sessions,
      async revoke(id) {
        await ask(list + '/' + encodeURIComponent(id), 'DELETE')
        // It may have been this one.
        await session().catch(ignore)
      },
      revokeOthers: async () => (await ask(list, 'DELETE')).revoked,
    },
    apiKeys: {
      list: async () => (await ask(keys)).api_keys,
      create: (input) => ask(keys, 'POST', input),
      remove: (id) => ask(keys + '/' + encodeURIComponent(id), 'DELETE'),
    },
    fetch: retrying,
    close() {
      store.close()
      time.close()
    },
  }
}
