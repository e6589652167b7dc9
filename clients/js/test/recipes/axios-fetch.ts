import axios from 'axios'
import { client } from './latchkey.js'

export const api = axios.create({ baseURL: 'http://localhost:8000', adapter: 'fetch', env: { fetch: client.fetch } })
