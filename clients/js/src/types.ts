/** The person who is signed in, as `data.user` of the API. */
export interface User {
  id: string
  name: string
  email: string
  /** Null when there is none. */
  username: string | null
  role: 'user' | 'admin'
  /** The address of a picture; empty when there is none. */
  photo: string
  provider: string
  verified: boolean
  created_at: string
  updated_at: string
}

/** A sign-in and its times, as `data.session` of `/api/auth/session`. */
export interface Session {
  id: string
  created_at: string
  /** When it ends without another refresh. */
  expires_at: string
  /** When it ends in any case. */
  ends_at: string
  /** When the access token ends; null when only a refresh can go on. */
  access_expires_at: string | null
  refresh_at: string
}

/** A device on which the user is signed in. */
export interface ListedSession {
  id: string
  /** Whether it is this one. */
  current: boolean
  created_at: string
  last_used_at: string
  expires_at: string
  user_agent: string
  /** The user agent in words, such as "Chrome on Windows"; empty when nothing is known. */
  device: string
  ip: string
}

/** Who is signed in and until when; null and null when nobody is. */
export interface SignIn {
  session: Session | null
  user: User | null
}

/** What is kept beside the profile, such as a surname and a website; at most 4096 bytes of JSON in three levels. */
export type Metadata = Record<string, unknown>

/** What users see of each other. */
export type PublicProfile = Pick<User, 'id' | 'name' | 'username' | 'photo'>

/** What is to be changed; what is left out stays as it is. */
export interface ProfileChange {
  name?: string
  /** An empty one takes it away. */
  photo?: string
  username?: string
  /** Members that are null are taken away, objects are merged, everything else is replaced (RFC 7396). */
  metadata?: Metadata
}

/** What a key may do. */
export type Scope = 'profile:read' | 'profile:write' | 'users:read' | 'sessions:read' | 'sessions:write'

/** A key of one of the user's programs, without the key itself. */
export interface APIKey {
  id: string
  name: string
  /** How the key begins. */
  prefix: string
  scopes: Scope[]
  created_at: string
  expires_at: string
  /** To the minute; null until it is used. */
  last_used_at: string | null
}

export interface NewAPIKey {
  name: string
  scopes: Scope[]
  /** RFC 3339; 90 days from now when it is left out, or less where the service allows less. */
  expires_at?: string
}

/** A new account. Without `passwordConfirm`, for a form that asks once, the password is sent for it too. */
export interface Registration {
  name: string
  email: string
  password: string
  passwordConfirm?: string
  photo?: string
  username?: string
  metadata?: Metadata
}

/** An e-mail address or a username, and the password. */
export type Credentials = { email: string; password: string } | { username: string; password: string }

/** A field that was refused, and why. */
export interface FieldError {
  field: string
  code: string
  message: string
}

/** The codes of the API, and three of the client's own; another may come from a later version of the service. */
export type Code = ApiCode | ClientCode | (string & {})

/** What the service names failures. */
export type ApiCode =
  | 'malformed_json'
  | 'cross_origin_request'
  | 'validation_failed'
  | 'password_mismatch'
  | 'password_too_weak'
  | 'email_taken'
  | 'username_taken'
  | 'invalid_credentials'
  | 'email_not_verified'
  | 'account_disabled'
  | 'access_token_missing'
  | 'access_token_invalid'
  | 'access_token_expired'
  | 'session_revoked'
  | 'user_gone'
  | 'refresh_token_missing'
  | 'refresh_token_invalid'
  | 'refresh_token_expired'
  | 'refresh_token_reused'
  | 'session_not_found'
  | 'user_not_found'
  | 'api_key_not_found'
  | 'too_many_api_keys'
  | 'too_many_attempts'
  | 'logout_incomplete'
  | 'overloaded'
  | 'unavailable'
  | 'internal_error'

/**
 * What the client names failures: no answer came, or one that is not the service's (of a proxy, or a Wi-Fi's sign-in
 * page).
 */
export type ClientCode = 'network_error' | 'unexpected_answer'

/**
 * What is known of the sign-in. It starts as `unknown`, unless `createClient` was given a user, and an outage never
 * changes it.
 */
export type State =
  | { readonly status: 'unknown'; readonly user: null }
  | { readonly status: 'signed-in'; readonly user: User }
  | { readonly status: 'signed-out'; readonly user: null }

export interface Options {
  /** Where the service is, such as `https://api.example.com`; the page's own origin when it is left out. */
  baseUrl?: string
  /** What sends requests; the global `fetch` when it is left out. */
  fetch?: typeof fetch
  /**
   * What is known already, such as the user that a server has rendered into the page; null means that nobody is signed
   * in. A server sees the access token only, so that its "nobody" is not known yet: leave the user out then.
   */
  user?: User | null
  /**
   * On a server: the `Cookie` header of the request that it answers. It is sent to the service and to nobody else, and
   * nothing is refreshed, since the new cookies could not reach the browser.
   */
  cookie?: string
}

/** The methods need no `this`: they may be taken out of the object and passed on. */
export interface Client {
  /** The same object until it changes. */
  readonly state: State
  /** Calls the listener after each change of `state`, here or in another tab, until the returned function is called. */
  onChange(listener: (state: State) => void): () => void
  /** Makes an account; it signs in too only where the service is set so. */
  register(input: Registration): Promise<User>
  login(credentials: Credentials): Promise<User>
  /** Signs out in every tab. It fails without a sign-out when the service is out of reach. */
  logout(): Promise<void>
  /** The user, after a refresh if need be; fails with 401 when nobody is signed in. */
  me(): Promise<User>
  /** Changes the profile, in every tab, and says who the user is now. */
  update(change: ProfileChange): Promise<User>
  /** What is kept beside the profile; `{}` when there is nothing. */
  metadata(): Promise<Metadata>
  /** What any user sees of the one with this id. */
  profile(id: string): Promise<PublicProfile>
  /** Who is signed in and until when; refreshes nothing, and does not fail when nobody is. The call to begin with. */
  session(): Promise<SignIn>
  /** Gets a new access token. Calls at the same time share one request. */
  refresh(): Promise<void>
  readonly sessions: {
    list(): Promise<ListedSession[]>
    /** Ends one; it signs out here too when it is this one. */
    revoke(id: string): Promise<void>
    /** Ends all but this one and says how many they were. */
    revokeOthers(): Promise<number>
  }
  /** The keys of the user's programs. */
  readonly apiKeys: {
    list(): Promise<APIKey[]>
    /** Makes one. `key` is the key itself, which nothing shows again. */
    create(input: NewAPIKey): Promise<{ api_key: APIKey; key: string }>
    remove(id: string): Promise<void>
  }
  /**
   * As the global `fetch`, with cookies. An answer "you are not logged in" is followed by one refresh and one more try.
   * A path that begins with `/` is one of the service. It rejects with a LatchkeyError when the refresh could not be
   * carried out for the moment, since a 401 would look like a sign-out.
   */
  readonly fetch: typeof fetch
  /** Stops timers and listeners, for tests and hot reload. */
  close(): void
}
