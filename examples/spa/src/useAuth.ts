import { useSyncExternalStore } from 'react'
import { client } from './latchkey'

const state = () => client.state

/** Who is signed in; the component is drawn again when that changes, in this tab or in another. */
export const useAuth = () => useSyncExternalStore(client.onChange, state, state)
