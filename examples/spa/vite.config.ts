import react from '@vitejs/plugin-react'
import { defineConfig } from 'vite'

// The port is that of the service's default CLIENT_ORIGIN.
const server = { host: 'localhost', port: 3000, strictPort: true }

export default defineConfig({ plugins: [react()], server, preview: server })
