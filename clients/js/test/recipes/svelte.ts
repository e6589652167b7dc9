import { readable } from 'svelte/store'
import { client } from './latchkey.js'

export const auth = readable(client.state, (set) => {
  set(client.state)
  return client.onChange(set)
})
