import { createClient } from '@latchkey/client'

export const client = createClient({ baseUrl: 'http://localhost:8000' })
