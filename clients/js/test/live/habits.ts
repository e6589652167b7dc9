import { configureStore } from '@reduxjs/toolkit'
import { createApi, fetchBaseQuery, type BaseQueryFn, type FetchArgs } from '@reduxjs/toolkit/query'
import { Mutex } from 'async-mutex'
import axios from 'axios'
import { base, type Browser } from './browser.js'

/** How existing apps get at the service: n calls at once that need a sign-in, and what was answered to each. */
export type Habit = (browser: Browser, goToLogin: () => void) => (paths: string[]) => Promise<unknown[]>

const client = (browser: Browser) =>
  axios.create({ baseURL: base + '/api/', withCredentials: true, adapter: 'fetch', env: { fetch: browser.fetch } })

/** An interceptor that refreshes by GET when the message says "not logged in", each request for itself. */
export const interceptor: Habit = (browser, goToLogin) => {
  const api = client(browser)
  api.defaults.headers.common['Content-Type'] = 'application/json'
  api.interceptors.response.use(
    (response) => response,
    async (error) => {
      const request = error.config
      const message: string = error.response.data.message
      if (message.includes('not logged in') && !request._retry) {
        request._retry = true
        await api.get('auth/refresh')
        return api(request)
      }
      if (message.includes('not refresh')) goToLogin()
      return Promise.reject(error)
    },
  )
  return (paths) => Promise.all(paths.map(async (path) => (await api.get(path)).data))
}

/** A base query of Redux Toolkit that lets one refresh while the others wait at a mutex. */
export const mutex: Habit = (browser, goToLogin) => {
  const lock = new Mutex()
  const query = fetchBaseQuery({ baseUrl: base + '/api/', credentials: 'include', fetchFn: browser.fetch })
  const baseQuery: BaseQueryFn<string | FetchArgs> = async (args, api, more) => {
    await lock.waitForUnlock()
    let result = await query(args, api, more)
    if (!(result.error?.data as { message?: string })?.message?.includes('not logged in')) return result
    if (lock.isLocked()) {
      await lock.waitForUnlock()
      return query(args, api, more)
    }
    const release = await lock.acquire()
    try {
      const refreshed = await query({ url: 'auth/refresh', credentials: 'include' }, api, more)
      if (refreshed.data) result = await query(args, api, more)
      else goToLogin()
    } finally {
      release()
    }
    return result
  }
  const api = createApi({
    baseQuery,
    endpoints: (builder) => ({ get: builder.query<unknown, string>({ query: (path) => path }) }),
  })
  const store = configureStore({
    reducer: { [api.reducerPath]: api.reducer },
    middleware: (defaults) => defaults().concat(api.middleware),
  })
  const get = (path: string) => store.dispatch(api.endpoints.get.initiate(path, { forceRefetch: true, subscribe: false })).unwrap()
  return (paths) => Promise.all(paths.map(get))
}

/** Calls that catch the refusal themselves and refresh without looking at each other. */
export const withoutMutex: Habit = (browser, goToLogin) => {
  const api = client(browser)
  async function get(path: string) {
    try {
      return (await api.get(path)).data
    } catch (refused: any) {
      if (!refused.response?.data.message.includes('You are not logged in')) throw refused
    }
    try {
      await api.get('auth/refresh')
    } catch (ended: any) {
      if (ended.response?.data.message.includes('not refresh')) goToLogin()
      throw ended
    }
    return (await api.get(path)).data
  }
  return (paths) => Promise.all(paths.map(get))
}
