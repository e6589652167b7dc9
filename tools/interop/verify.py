"""Verifies access tokens with PyJWT. Order and answer are those of verify.mjs."""

import json
import sys

import jwt

order = json.load(sys.stdin)
keys = jwt.PyJWKClient(order["url"])
found = {}
for name, token in order["tokens"].items():
    try:
        if jwt.get_unverified_header(token).get("typ") != "at+jwt":
            raise jwt.InvalidTokenError("typ is another")
        claims = jwt.decode(
            token,
            keys.get_signing_key_from_jwt(token).key,
            algorithms=["RS256"],
            issuer=order["issuer"],
            audience=order["audience"],
            options={"require": ["sub", "sid", "jti", "iat", "nbf", "exp", "role"]},
        )
        found[name] = claims["sub"]
    except jwt.PyJWTError as error:
        found[name] = f"refused: {type(error).__name__}"
print(json.dumps(found))
