import { createClient } from '@latchkey/client'

export const client = createClient({ baseUrl: import.meta.env.VITE_LATCHKEY_URL ?? 'http://localhost:8000' })
