/** For how many milliseconds a new access token lives: by its own two times, since this computer's clock may be wrong. */
export function lifeOf(token: string | undefined): number | undefined {
  try {
    const { exp, iat } = JSON.parse(atob(token!.split('.')[1]!.replace(/-/g, '+').replace(/_/g, '/')))
    return exp > iat ? (exp - iat) * 1000 : undefined
  } catch {
    return undefined
  }
}

/**
 * Refreshes shortly before the access token ends, while the page is visible. A timer stands still while the computer
 * sleeps, so that the clock is looked at again every minute and at each sign of waking up.
 */
export function keepTime(isSignedIn: () => boolean, refresh: () => Promise<void>, wake: () => void) {
  const inPage = typeof document !== 'undefined'
  let due = Infinity
  let timer: ReturnType<typeof setTimeout> | undefined

  function check() {
    clearTimeout(timer)
    if (!inPage || document.visibilityState === 'hidden' || !isSignedIn()) return
    const wait = due - Date.now()
    if (wait <= 0) refresh().catch(() => {})
    timer = setTimeout(check, wait > 0 ? Math.min(wait, 60_000) : 30_000)
  }

  function woken() {
    wake()
    check()
  }

  function listen(what: 'addEventListener' | 'removeEventListener') {
    if (!inPage) return
    document[what]('visibilitychange', woken)
    globalThis[what]('online', woken)
    globalThis[what]('pageshow', woken)
  }
  listen('addEventListener')

  return {
    due: () => due,
    /** Sets the time of the next refresh. */
    set(at: number) {
      due = at
      check()
    },
    close() {
      listen('removeEventListener')
      clearTimeout(timer)
    },
  }
}
