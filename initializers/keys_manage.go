package initializers

import (
	"encoding/base64"
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"time"

	"latchkey/config"
	"latchkey/internal/token"
)

// What a key does at a given time.
const (
	KeyNext     = "next"     // is published and verifies; its turn to sign comes later
	KeySigning  = "signing"  // signs
	KeyFormer   = "former"   // verifies until the last token that it signed has expired
	KeyRetired  = "retired"  // does nothing; the service removes it from the folder
	KeyPrevious = "previous" // verifies, as long as it is in the setting
)

// KeyState is a key as `latchkey keys list` shows it.
type KeyState struct {
	Kind      string     `json:"kind"` // access or refresh
	KeyID     string     `json:"kid"`
	Algorithm string     `json:"alg"`
	State     string     `json:"state"`
	From      *time.Time `json:"signs_from"`     // nil: from the beginning, or never for a previous key
	Until     *time.Time `json:"verifies_until"` // nil: no end is known yet
	Where     string     `json:"where"`          // the file or the setting
}

// ListKeys returns the keys of both kinds in the order of their turns. It makes none.
func ListKeys(cfg config.Config, now time.Time) ([]KeyState, error) {
	kinds, err := readKeys(cfg.Keys)
	if err != nil {
		return nil, err
	}
	list := []KeyState{}
	for i, k := range kinds {
		for at, key := range k.keys {
			list = append(list, k.state(at, now, keyLifetimes(cfg.Tokens)[i]))
			list[len(list)-1].Where = filepath.ToSlash(key.where)
		}
		for _, key := range k.previous {
			list = append(list, KeyState{
				Kind: k.name, KeyID: token.Thumbprint(key.key), Algorithm: token.AlgorithmOf(key.key), State: KeyPrevious, Where: key.where,
			})
		}
	}
	return list, nil
}

// state describes the key at an index.
func (k *keyKind) state(at int, now time.Time, lifetime time.Duration) KeyState {
	key := k.keys[at]
	s := KeyState{Kind: k.name, KeyID: key.id(), Algorithm: key.algorithm(), State: KeySigning, Where: key.where}
	if from := key.from; !from.IsZero() {
		s.From = &from
	}
	if until := k.until(at, lifetime); !until.IsZero() {
		s.Until = &until
	}
	switch turn := k.turnAt(now); {
	case at > turn:
		s.State = KeyNext
	case at < turn && now.Before(*s.Until):
		s.State = KeyFormer
	case at < turn:
		s.State = KeyRetired
	}
	return s
}

// NewKey is a key that RotateKeys has made.
type NewKey struct {
	Kind, KeyID string
	Algorithm   string
	Former      string        // the algorithm of the key before it
	From, Until time.Time     // when its turn begins, and when the last token of the key before it has expired
	File        string        // in the key folder; "" for a kind whose keys are settings
	Private     config.Secret // for a setting: base64 of PEM
}

// RotateKeys makes a key of each of the given kinds, whose turn comes when turn says: in the folder, or, for a kind whose
// keys are settings, only in the answer. It makes none when a kind has none yet, or one whose turn is to come.
func RotateKeys(cfg config.Config, names []string, turn func(inFolder bool) time.Time, now time.Time) ([]NewKey, error) {
	kinds, err := rereadKeys(cfg.Keys)
	if err != nil {
		return nil, err
	}
	for _, k := range kinds {
		if !slices.Contains(names, k.name) {
			continue
		}
		switch last := k.last(); {
		case last.from.After(now):
			return nil, fmt.Errorf("%s: the next %s key is waiting already and signs from %s; nothing was done",
				last.where, k.name, last.from.Format(time.RFC3339))
		case k.private != "" && len(k.keys) > 1:
			return nil, fmt.Errorf("%s: this key signs already; make it %s, remove the other keys of the kind, and rotate again; nothing was done",
				last.where, k.setting("PRIVATE_KEY"))
		}
	}
	var made []NewKey
	for i, k := range kinds {
		if !slices.Contains(names, k.name) {
			continue
		}
		next, err := k.makeNext(cfg.Keys, wholeSecond(turn(k.private == "")))
		if err != nil {
			return made, err
		}
		next.Until = next.From.Add(keyLifetimes(cfg.Tokens)[i])
		made = append(made, next)
	}
	return made, nil
}

// makeNext makes one key, and its file if the kind has its keys in the folder.
func (k *keyKind) makeNext(cfg config.Keys, from time.Time) (NewKey, error) {
	next := NewKey{Kind: k.name, Algorithm: cfg.Algorithm, Former: k.last().algorithm(), From: from}
	if k.private == "" {
		key, err := k.addNext(cfg, from)
		if err != nil {
			return NewKey{}, err
		}
		next.KeyID, next.File = key.id(), filepath.ToSlash(key.where)
		return next, nil
	}
	key, err := token.Generate(cfg.Algorithm, cfg.RSABits)
	if err != nil {
		return NewKey{}, err
	}
	next.KeyID = token.Thumbprint(key.Public())
	next.Private = config.Secret(base64.StdEncoding.EncodeToString(token.EncodePrivatePEM(key)))
	return next, nil
}

// RetiredKey is a key that RetireKey has taken out, or would.
type RetiredKey struct {
	KeyState
	Replacement string `json:"replaced_by,omitempty"` // the kid of the key that took over at once
}

// RetireKey takes a key out of the folder at once. When it is the one that signs, the next key takes its turn over as a
// whole, and a new key if there is none: what it signed is not signed again by any other key's turn. With dry it changes
// nothing. A key that is a setting is an error that says what to do.
func RetireKey(cfg config.Config, kid string, now time.Time, dry bool) (RetiredKey, error) {
	kinds, err := readKeys(cfg.Keys)
	if err != nil {
		return RetiredKey{}, err
	}
	for i, k := range kinds {
		for at, key := range k.keys {
			if key.id() != kid {
				continue
			}
			if key.file.Path == "" {
				return RetiredKey{}, fmt.Errorf("%s: the key is a setting; set another one on every node, then restart them or send SIGHUP: %s", key.where, generate)
			}
			out := RetiredKey{KeyState: k.state(at, now, keyLifetimes(cfg.Tokens)[i])}
			if dry {
				return out, nil
			}
			out.Replacement, err = k.retire(at, out.State, cfg.Keys)
			return out, err
		}
		for _, key := range k.previous {
			if token.Thumbprint(key.key) == kid {
				return RetiredKey{}, fmt.Errorf("%s: the key is a setting; take it out of the list on every node, then restart them or send SIGHUP", key.where)
			}
		}
	}
	return RetiredKey{}, errors.New("no key has this kid; `latchkey keys list` shows them")
}

// retire removes the key at an index and returns the kid of the one that signs in its place, if it was its turn.
func (k *keyKind) retire(at int, state string, cfg config.Keys) (string, error) {
	file := k.keys[at].file
	if state != KeySigning {
		return "", file.Remove()
	}
	if at+1 < len(k.keys) {
		next := k.keys[at+1]
		return next.id(), file.Replace(next.private, &next.file)
	}
	key, err := token.Generate(cfg.Algorithm, cfg.RSABits)
	if err != nil {
		return "", err
	}
	return token.Thumbprint(key.Public()), file.Replace(key, nil)
}
