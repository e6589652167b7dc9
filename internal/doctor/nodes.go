package doctor

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"slices"

	"latchkey/config"
)

// keys reads the node's public keys and compares them with those here.
func (n *node) keys(ctx context.Context, v Visit) ([]Finding, error) {
	out, err := n.ask(ctx, http.MethodGet, "/.well-known/jwks.json", nil)
	if err != nil {
		return nil, err
	}
	var set struct {
		Keys []struct {
			KeyID string `json:"kid"`
		} `json:"keys"`
	}
	if json.Unmarshal([]byte(out.body), &set) != nil || len(set.Keys) == 0 {
		return []Finding{fail(n.at.String(), "publishes no keys at /.well-known/jwks.json", "let the proxy pass that path on")}, nil //nolint:nilerr // that it is no JSON is the finding
	}
	for _, key := range set.Keys {
		n.kids = append(n.kids, key.KeyID)
	}
	switch {
	case v.Signing == "":
		return nil, nil
	case !slices.Contains(n.kids, v.Signing):
		return []Finding{fail("keys", n.at.String()+" does not know the key that signs here: it runs with other keys", "give every node the same keys, and restart it")}, nil
	}
	return []Finding{ok("keys", n.at.String()+" has the keys that are here")}, nil
}

// compare looks at several nodes beside each other.
func compare(nodes []*node, v Visit) []Finding {
	if len(v.Addresses) < 2 {
		return nil
	}
	var found []Finding
	if v.Local != nil && v.Local.Config.Database.Engine == config.SQLite {
		found = append(found, fail(v.Local.Config.Database.Setting, fmt.Sprintf("%d nodes with SQLite: each has its own accounts and sessions", len(v.Addresses)),
			"use PostgreSQL for several nodes"))
	}
	for i := 1; i < len(nodes); i++ {
		first, other := nodes[0], nodes[i]
		if same(first.kids, other.kids) {
			found = append(found, ok("keys", first.at.String()+" and "+other.at.String()+" publish the same keys"))
			continue
		}
		found = append(found, fail("keys", first.at.String()+" and "+other.at.String()+" publish different keys: a token of one is refused by the other",
			"give every node the same keys: the same key settings, or copies of KEYS_DIR"))
	}
	return found
}
