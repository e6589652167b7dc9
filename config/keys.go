package config

import (
	"fmt"
	"time"
)

// moment takes a point in time to the second, written in UTC as in RFC 3339.
func moment(allowed string, field func(*draft) *time.Time) kind {
	return kind{allowed: allowed, set: func(value string, d *draft) *flaw {
		at, err := time.Parse("2006-01-02T15:04:05Z", value)
		if err != nil {
			return &flaw{value, "is not a moment of UTC to the second"}
		}
		*field(d) = at
		return nil
	}}
}

// checkKeys checks what the settings of keys say together. Whether a key is one is for its user to say.
func (d *draft) checkKeys() {
	d.checkNextKey("ACCESS_TOKEN", d.Keys.AccessPrivate, d.Keys.AccessNext)
	d.checkNextKey("REFRESH_TOKEN", d.Keys.RefreshPrivate, d.Keys.RefreshNext)
	if d.Keys.RotationInterval > 0 && d.Keys.AccessPrivate != "" && d.Keys.RefreshPrivate != "" {
		d.warn("KEY_ROTATION_INTERVAL: has no effect on keys that are settings; remove it, or let KEYS_DIR hold the keys")
	}
}

// checkNextKey wants a next key to have a moment, and a key before it.
func (d *draft) checkNextKey(prefix string, private, next Secret) {
	nextKey, from := prefix+"_NEXT_PRIVATE_KEY", prefix+"_NEXT_KEY_FROM"
	switch {
	case !d.ok(nextKey, from, prefix+"_PRIVATE_KEY"):
	case d.explicit[nextKey] != d.explicit[from]:
		d.fault(fmt.Sprintf("%s: it belongs together with %s; set both or neither", nextKey, from))
	case next != "" && private == "":
		d.fault(fmt.Sprintf(`%s: it is set without %s_PRIVATE_KEY; set both, or rotate the keys of KEYS_DIR with "latchkey keys rotate"`, nextKey, prefix))
	}
}
