import axios from 'axios'
import { client } from './latchkey.js'

export const api = axios.create({ baseURL: 'http://localhost:8000', withCredentials: true })

api.interceptors.response.use(undefined, async (error) => {
  const { config, response } = error
  if (config?.again || response?.status !== 401 || !/not logged in/.test(response.data?.message)) throw error
  await client.refresh()
  return api.request({ ...config, again: true })
})
