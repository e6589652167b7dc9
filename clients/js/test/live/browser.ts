interface Cookie {
  value: string
  path: string
  ends: number
}

/** Where the service under test is; its access tokens live for some seconds. */
export const base = process.env.LATCHKEY_URL!
/** The same with REGISTER_LOGS_IN=true and ACCESS_TOKEN_IN_BODY=false. */
export const quiet = process.env.LATCHKEY_QUIET_URL!
if (!base || !quiet) throw new Error('LATCHKEY_URL and LATCHKEY_QUIET_URL must name running services; go test ./clients/js starts them')

export const password = 'correct horse battery'
let people = 0
/** A new person for each test, so that tests can run beside each other. */
export const email = () => `ada-${Date.now()}-${process.pid}-${people++}@example.com`

/**
 * What a browser does for a page of http://localhost:3000: it keeps cookies, names the page's origin, and lets the page
 * read only what the service allows.
 */
export class Browser {
  readonly cookies = new Map<string, Cookie>()
  /** What was asked and answered, such as "GET /api/users/me 200". */
  readonly log: string[] = []

  /** A browser forgets cookies that have run out; one that keeps them shows the service's own clock at work. */
  constructor(private readonly forgets = true) {}

  readonly fetch: typeof fetch = async (input, init) => {
    const request = new Request(input, init)
    const { pathname } = new URL(request.url)
    const credentials = request.credentials === 'include'
    request.headers.set('Origin', 'http://localhost:3000')
    request.headers.set('Sec-Fetch-Site', 'same-site')
    if (credentials) request.headers.set('Cookie', this.cookie(pathname))
    const response = await fetch(request)
    if (credentials) response.headers.getSetCookie().forEach((line) => this.keep(line))
    this.log.push(`${request.method} ${pathname} ${response.status}`)
    const readable =
      response.headers.get('access-control-allow-origin') === 'http://localhost:3000' &&
      response.headers.get('access-control-allow-credentials') === 'true'
    if (!readable) throw new TypeError('blocked by CORS')
    return response
  }

  /** The Cookie header for a path. */
  cookie(pathname: string): string {
    const sent = [...this.cookies].filter(([, { path, ends }]) => pathname.startsWith(path) && (!this.forgets || Date.now() < ends))
    return sent.map(([name, { value }]) => name + '=' + value).join('; ')
  }

  private keep(line: string) {
    const [pair, ...attributes] = line.split('; ')
    const [name, value] = pair!.split('=') as [string, string]
    const attribute = (key: string) => attributes.find((a) => a.startsWith(key + '='))?.slice(key.length + 1)
    const age = Number(attribute('Max-Age'))
    if (age <= 0) this.cookies.delete(name)
    else this.cookies.set(name, { value, path: attribute('Path')!, ends: Date.now() + age * 1000 })
  }

  count = (entry: string) => this.log.filter((logged) => logged.startsWith(entry)).length

  /** Waits until the access token has run out, and empties the log. */
  async accessEnds(service = base) {
    while ((await this.fetch(service + '/api/users/me', { credentials: 'include' })).ok) {
      await new Promise((resolve) => setTimeout(resolve, 100))
    }
    this.log.length = 0
  }

  /** Makes an account and signs it in, in the plainest way. */
  async signIn() {
    const person = { name: 'Ada', email: email(), password, passwordConfirm: password }
    for (const path of ['/api/auth/register', '/api/auth/login']) {
      const headers = { 'Content-Type': 'application/json' }
      await this.fetch(base + path, { method: 'POST', headers, body: JSON.stringify(person), credentials: 'include' })
    }
    return person.email
  }
}
