"""Verifies access tokens with PyJWT. Order and answer are those of verify.mjs."""

import json
import sys
import urllib.request

import jwt

order = json.load(sys.stdin)
with urllib.request.urlopen(order["url"]) as answer:
    keys = {key["kid"]: key for key in json.load(answer)["keys"]}
found = {}
for name, token in order["tokens"].items():
    try:
        header = jwt.get_unverified_header(token)
        key = keys.get(header.get("kid"))
        if header.get("typ") != "at+jwt" or key is None:
            raise jwt.InvalidTokenError("typ or kid is another")
        claims = jwt.decode(
            token,
            jwt.PyJWK(key).key,
            algorithms=[key["alg"]],  # the key's own, not what the token asks for
            issuer=order["issuer"],
            audience=order["audience"],
            options={"require": ["sub", "sid", "jti", "iat", "nbf", "exp", "role"]},
        )
        found[name] = claims["sub"]
    except jwt.PyJWTError as error:
        found[name] = f"refused: {type(error).__name__}"
print(json.dumps(found))
