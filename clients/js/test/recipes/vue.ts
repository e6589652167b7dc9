import { shallowReadonly, shallowRef } from 'vue'
import { client } from './latchkey.js'

const state = shallowRef(client.state)
client.onChange((next) => (state.value = next))

export const useAuth = () => shallowReadonly(state)
