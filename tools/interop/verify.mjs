// Verifies access tokens with the library jose. The order comes on standard input, {url, issuer, audience, tokens: {name: token}};
// the answer goes to standard output, {name: the sub, or "refused: why"}.
import { text } from 'node:stream/consumers'
import { createRemoteJWKSet, jwtVerify } from 'jose'

const { url, issuer, audience, tokens } = JSON.parse(await text(process.stdin))
const keys = createRemoteJWKSet(new URL(url))
const found = {}
for (const [name, token] of Object.entries(tokens)) {
  try {
    const { payload } = await jwtVerify(token, keys, {
      issuer, audience, algorithms: ['RS256', 'ES256', 'EdDSA'], typ: 'at+jwt', requiredClaims: ['sub', 'sid', 'jti', 'iat', 'nbf', 'exp', 'role'],
    })
    found[name] = payload.sub
  } catch (error) {
    found[name] = `refused: ${error.code ?? error}`
  }
}
console.log(JSON.stringify(found))
