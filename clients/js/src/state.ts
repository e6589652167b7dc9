import type { State, User } from './types.js'

/** What tabs tell each other: who has signed in (null: out), or when the next refresh is due. */
interface News {
  at: number
  user?: User | null
  /** Whether the cookies are those of another session now, or none: that which was before is over. */
  anew?: boolean
  due?: number
}

/**
 * Keeps the state of this tab and hears of changes in others. Tabs do not wait for each other: news that are older than
 * the last sign-in or sign-out that a tab knows of do not count.
 */
export function keepState(channel: string, user: User | null | undefined, onNews: (news: News) => void) {
  let state = { status: 'unknown', user: null } as State
  let decided = 0
  let version = 0
  const listeners = new Set<(state: State) => void>()
  // In a page only: a server has no tabs, and there an open channel would keep the process alive.
  let tabs = typeof document === 'undefined' ? undefined : new BroadcastChannel(channel)

  /** Takes over what was learnt. The state stays the same object when that is no news. */
  function set(user: User | null) {
    const next = { status: user ? 'signed-in' : 'signed-out', user } as State
    if (JSON.stringify(next) === JSON.stringify(state)) return
    state = next
    // Later, so that what a listener throws is not taken for a failure of the request.
    for (const listener of listeners) queueMicrotask(() => listeners.has(listener) && listener(state))
  }

  /** Takes over a sign-in or sign-out: what was asked before it is answered too late to count. */
  function decide(user: User | null, at: number) {
    decided = at
    version++
    set(user)
  }

  if (user !== undefined) set(user)
  if (tabs)
    tabs.onmessage = ({ data }: MessageEvent<News>) => {
      if (data.at < decided) return
      if (data.user !== undefined) decide(data.user, data.at)
      onNews(data)
    }

  return {
    get: () => state,
    set,
    decide,
    /** Another one after each sign-in and sign-out. */
    version: () => version,
    tell: (news: News) => tabs?.postMessage(news),
    onChange(listener: (state: State) => void) {
      listeners.add(listener)
      return () => void listeners.delete(listener)
    },
    close() {
      tabs?.close()
      tabs = undefined // what is still under way has nobody to tell
    },
  }
}
