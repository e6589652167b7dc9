// node script.mjs, with LATCHKEY_USER (an e-mail address or username) and LATCHKEY_PASSWORD in the environment
const { LATCHKEY_URL = 'http://localhost:8000', LATCHKEY_USER, LATCHKEY_PASSWORD } = process.env

async function ask(path, init) {
  const response = await fetch(LATCHKEY_URL + path, init)
  const body = await response.json()
  if (!response.ok) throw new Error(`${path}: ${response.status} ${body.code}: ${body.message}`)
  return body
}

// Once: a token by the password. It lives for `expires_in` seconds and is not refreshed.
const { access_token } = await ask('/api/auth/token', {
  method: 'POST',
  body: new URLSearchParams({ grant_type: 'password', username: LATCHKEY_USER, password: LATCHKEY_PASSWORD }),
})

// Once: a key that may do no more than it must. It is not shown again: keep it where the program keeps its secrets.
const { data } = await ask('/api/users/me/api-keys', {
  method: 'POST',
  headers: { Authorization: `Bearer ${access_token}`, 'Content-Type': 'application/json' },
  body: JSON.stringify({ name: 'Nightly report', scopes: ['profile:read'] }),
})

// Every night: the key alone.
const me = await ask('/api/users/me', { headers: { 'X-API-Key': data.key } })
console.log(me.data.user.name)
