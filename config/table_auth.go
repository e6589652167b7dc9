package config

import "time"

func keySettings() []Setting {
	private := func(field func(*draft) *Secret) kind {
		return secret(keyText("a private key of the kind that JWT_ALGORITHM needs (RSA of at least 2048 bits, P-256, Ed25519) as base64 of PEM", field))
	}
	public := func(field func(*draft) *string) kind {
		return keyText("the public key of the same pair as base64 of PEM", field)
	}
	from := func(field func(*draft) *time.Time) kind {
		return moment("a moment of UTC such as 2026-03-01T12:00:00Z", field)
	}
	previous := func(field func(*draft) *[]string) kind {
		return verbatim(list("public keys as base64 of PEM, separated by commas", anyEntry, field))
	}
	return under("Keys",
		row("ACCESS_TOKEN_PRIVATE_KEY", "",
			"The key that signs access tokens. When no key of this kind is set, a pair is made in KEYS_DIR at the first start.",
			private(func(d *draft) *Secret { return &d.Keys.AccessPrivate })),
		row("ACCESS_TOKEN_PUBLIC_KEY", "",
			"The key that verifies access tokens. It must match ACCESS_TOKEN_PRIVATE_KEY.",
			public(func(d *draft) *string { return &d.Keys.AccessPublic })),
		row("ACCESS_TOKEN_NEXT_PRIVATE_KEY", "",
			"The key that signs access tokens from ACCESS_TOKEN_NEXT_KEY_FROM on; it is published at once. `latchkey keys rotate` prints both.",
			private(func(d *draft) *Secret { return &d.Keys.AccessNext })),
		row("ACCESS_TOKEN_NEXT_KEY_FROM", "",
			"The moment from which ACCESS_TOKEN_NEXT_PRIVATE_KEY signs: the same on every node.",
			from(func(d *draft) *time.Time { return &d.Keys.AccessNextFrom })),
		row("ACCESS_TOKEN_PREVIOUS_PUBLIC_KEYS", "",
			"Keys that were used before. Access tokens signed with them are accepted until they expire.",
			previous(func(d *draft) *[]string { return &d.Keys.AccessPrevious })),
		row("REFRESH_TOKEN_PRIVATE_KEY", "",
			"The key that signs refresh tokens. It must be another pair than that of access tokens.",
			private(func(d *draft) *Secret { return &d.Keys.RefreshPrivate })),
		row("REFRESH_TOKEN_PUBLIC_KEY", "",
			"The key that verifies refresh tokens. It must match REFRESH_TOKEN_PRIVATE_KEY.",
			public(func(d *draft) *string { return &d.Keys.RefreshPublic })),
		row("REFRESH_TOKEN_NEXT_PRIVATE_KEY", "",
			"The key that signs refresh tokens from REFRESH_TOKEN_NEXT_KEY_FROM on; it is published at once. `latchkey keys rotate` prints both.",
			private(func(d *draft) *Secret { return &d.Keys.RefreshNext })),
		row("REFRESH_TOKEN_NEXT_KEY_FROM", "",
			"The moment from which REFRESH_TOKEN_NEXT_PRIVATE_KEY signs: the same on every node.",
			from(func(d *draft) *time.Time { return &d.Keys.RefreshNextFrom })),
		row("REFRESH_TOKEN_PREVIOUS_PUBLIC_KEYS", "",
			"Keys that were used before. Refresh tokens signed with them are accepted until they expire.",
			previous(func(d *draft) *[]string { return &d.Keys.RefreshPrevious })),
		row("KEYS_DIR", "keys",
			"The folder of the keys that the service makes for itself.",
			plain("the path of a folder", func(d *draft) *string { return &d.Keys.Dir })),
		row("JWT_ALGORITHM", "RS256",
			"How tokens are signed: the kind of the keys that the service makes, and that keys in these settings must be. A key made earlier signs on until the next one takes its turn; tokens of both are accepted.",
			choice(func(d *draft) *string { return &d.Keys.Algorithm }, "RS256", "ES256", "EdDSA")),
		row("RSA_KEY_BITS", "2048",
			"The size of the keys that the service makes for itself for RS256.",
			oneOf(func(d *draft) *int { return &d.Keys.RSABits }, 2048, 3072, 4096)),
		row("KEY_ROTATION_INTERVAL", "",
			"How long a key of KEYS_DIR signs before the service makes the next one by itself. When it is not set, keys are changed by hand only.",
			duration(day, 400*day, func(d *draft) *time.Duration { return &d.Keys.RotationInterval })),
	)
}

func tokenSettings() []Setting {
	return under("Tokens",
		row("TOKEN_ISSUER", "",
			"The iss claim of every token. When it is not set, PUBLIC_URL is, and without that the word latchkey.",
			atMost(mostIssuer, plain("a name or a URL", func(d *draft) *string { return &d.Tokens.Issuer }))),
		row("TOKEN_AUDIENCE", "latchkey",
			"The aud claim of access tokens.",
			atMost(mostIssuer, plain("a name or a URL", func(d *draft) *string { return &d.Tokens.Audience }))),
		row("TOKEN_LEEWAY", "0s",
			"By how much the clocks of two machines may differ when the times in a token are checked.",
			duration(0, 2*time.Minute, func(d *draft) *time.Duration { return &d.Tokens.Leeway })),
		row("ACCESS_TOKEN_EXPIRED_IN", "15m",
			"How long an access token lives.",
			duration(time.Second, day, func(d *draft) *time.Duration { return &d.Tokens.AccessLifetime })),
		row("ACCESS_TOKEN_MAXAGE", "",
			"The same in minutes; it counts only when ACCESS_TOKEN_EXPIRED_IN is not set.",
			whole(1, int(day/time.Minute), func(d *draft) *int { return &d.accessMinutes })),
		row("REFRESH_TOKEN_EXPIRED_IN", "7d",
			"How long a refresh token lives, and so how long a session may rest.",
			duration(time.Second, 400*day, func(d *draft) *time.Duration { return &d.Tokens.RefreshLifetime })),
		row("REFRESH_TOKEN_MAXAGE", "",
			"The same in minutes; it counts only when REFRESH_TOKEN_EXPIRED_IN is not set.",
			whole(1, int(400*day/time.Minute), func(d *draft) *int { return &d.refreshMinutes })),
		row("ACCESS_TOKEN_IN_BODY", "true",
			"Whether answers carry the access token in their body as well as in its cookie.",
			toggle(func(d *draft) *bool { return &d.Tokens.AccessInBody })),
		row("TOKEN_ENDPOINT", "true",
			"Whether programs without cookies may sign in at /api/auth/token by the OAuth 2.0 password form. It is off where ACCESS_TOKEN_IN_BODY is false.",
			toggle(func(d *draft) *bool { return &d.Tokens.Endpoint })),
	)
}

func cookieSettings() []Setting {
	return under("Cookies",
		row("COOKIE_DOMAIN", "",
			"The Domain attribute, which hands the cookies to every host below it. Empty keeps them with the one host that set them.",
			cookieDomain(func(d *draft) *string { return &d.Cookies.Domain })),
		row("COOKIE_SECURE", "false",
			"Whether cookies are sent over HTTPS only. In production they always are, and false is refused.",
			toggle(func(d *draft) *bool { return &d.Cookies.Secure })),
		row("COOKIE_SAMESITE", "Lax",
			"The SameSite attribute. None needs Secure cookies.",
			choice(func(d *draft) *SameSite { return &d.Cookies.SameSite }, Lax, Strict, None)),
		row("COOKIE_PREFIXES", "true",
			"Whether the token cookies are named with __Host- and __Secure- in production. It has no effect in development.",
			toggle(func(d *draft) *bool { return &d.cookiePrefixes })),
	)
}

func sessionSettings() []Setting {
	return under("Sessions and accounts",
		row("REFRESH_GRACE", "10s",
			"How long a refresh token that was just replaced still gets the same answer, so that parallel tabs stay signed in. With 0s every refresh rotates.",
			duration(0, 5*time.Minute, func(d *draft) *time.Duration { return &d.Sessions.RefreshGrace })),
		row("SESSION_MAX_AGE", "30d",
			"How long a session lives at most, however often it is refreshed.",
			duration(time.Second, 400*day, func(d *draft) *time.Duration { return &d.Sessions.MaxAge })),
		row("MAX_SESSIONS_PER_USER", "100",
			"The most sessions that one user may have at once.",
			whole(1, 10000, func(d *draft) *int { return &d.Sessions.MaxPerUser })),
		row("EVENTS_KEPT_FOR", "90d",
			"How long audit events are kept.",
			duration(time.Hour, 3650*day, func(d *draft) *time.Duration { return &d.Sessions.EventsKept })),
		row("REGISTER_LOGS_IN", "false",
			"Whether registration also signs the user in.",
			toggle(func(d *draft) *bool { return &d.Accounts.RegisterLogsIn })),
		row("REQUIRE_VERIFIED_EMAIL", "false",
			"Whether a user must have proved the e-mail address before signing in.",
			toggle(func(d *draft) *bool { return &d.Accounts.RequireVerifiedEmail })),
		row("API_KEYS_PER_USER", "20",
			"The most API keys that one user may have. With 0 no more are made; those that there are work on until they expire or are revoked.",
			whole(0, 1000, func(d *draft) *int { return &d.Accounts.APIKeysPerUser })),
		row("API_KEY_MAX_AGE", "365d",
			"How long an API key may live at most. A key that is made without an end lives 90 days, or this long if that is less.",
			duration(time.Minute, 3650*day, func(d *draft) *time.Duration { return &d.Accounts.APIKeyMaxAge })),
	)
}

func passwordSettings() []Setting {
	return under("Password hashing",
		row("PASSWORD_MEMORY_KIB", "19456",
			"The memory that one argon2id hash takes, in KiB. In production the three costs must reach 19456/2/1, 47104/1/1 or 12288/3/1 (memory/iterations/parallelism).",
			whole(8, 4194304, func(d *draft) *uint32 { return &d.Password.MemoryKiB })),
		row("PASSWORD_ITERATIONS", "2",
			"How often argon2id passes over that memory.",
			whole(1, 100, func(d *draft) *uint32 { return &d.Password.Iterations })),
		row("PASSWORD_PARALLELISM", "1",
			"How many lanes argon2id uses. Each needs at least 8 KiB of the memory.",
			whole(1, 64, func(d *draft) *uint8 { return &d.Password.Parallelism })),
		row("BREACHED_PASSWORDS_URL", "",
			"A service of the Have I Been Pwned range protocol that new passwords are looked up in, such as https://api.pwnedpasswords.com. It gets the first five digits of a hash; when it does not answer within two seconds the password is taken.",
			publicURL(func(d *draft) *string { return &d.Password.BreachedURL })),
		row("HASH_SLOTS", "0",
			"How many passwords are hashed at once. 0 means one less than there are processor cores, but at least one.",
			whole(0, 1024, func(d *draft) *int { return &d.Password.Slots })),
		row("HASH_QUEUE", "64",
			"How many requests may wait for a slot. The next one is answered with 503.",
			whole(0, 10000, func(d *draft) *int { return &d.Password.Queue })),
		row("HASH_QUEUE_WAIT", "5s",
			"How long a request may wait for a slot.",
			duration(0, time.Minute, func(d *draft) *time.Duration { return &d.Password.QueueWait })),
	)
}
