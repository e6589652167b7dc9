package initializers

import (
	"crypto/rsa"
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"
	"strings"

	"latchkey/config"
	"latchkey/internal/token"
)

// KeySource says in words where the keys of each kind came from: "settings", "keys/ (made now)" or "keys/ (found)".
type KeySource struct {
	Access, Refresh string
}

// String is one line for both kinds.
func (s KeySource) String() string {
	if s.Access == s.Refresh {
		return s.Access
	}
	return "access: " + s.Access + ", refresh: " + s.Refresh
}

// LoadKeys returns the keys of access and of refresh tokens. A kind without a private key in the settings has it in a file
// of the key folder; there it is made when it is missing and nothing else is wrong.
//
// The error joins one line for every fault, which names the setting or the file, says what is wrong, and what to do.
func LoadKeys(cfg config.Keys) (access, refresh token.KeySet, source KeySource, err error) {
	dir := filepath.Clean(cfg.Dir)
	a := &keyKind{name: "access", dir: dir, private: cfg.AccessPrivate.Reveal(), public: cfg.AccessPublic, previous: cfg.AccessPrevious}
	r := &keyKind{name: "refresh", dir: dir, private: cfg.RefreshPrivate.Reveal(), public: cfg.RefreshPublic, previous: cfg.RefreshPrevious}
	for _, k := range []*keyKind{a, r} {
		k.read()
	}
	r.refuseKeysOf(a)
	if err := errors.Join(append(a.faults, r.faults...)...); err != nil {
		return token.KeySet{}, token.KeySet{}, KeySource{}, err
	}
	for _, k := range []*keyKind{a, r} {
		if k.private == "" {
			k.completeFiles(cfg.RSABits)
		}
	}
	if err := errors.Join(append(a.faults, r.faults...)...); err != nil {
		return token.KeySet{}, token.KeySet{}, KeySource{}, err
	}
	return a.set, r.set, KeySource{Access: a.source, Refresh: r.source}, nil
}

// keyKind collects the keys of one kind of token, and what is wrong with them.
type keyKind struct {
	name, dir       string
	private, public string   // as set, base64 of PEM; "" when not set
	previous        []string // the same, public keys

	set    token.KeySet
	source string
	known  []knownKey
	faults []error
}

// knownKey is a key and the place where it was found.
type knownKey struct {
	where string
	key   *rsa.PublicKey
}

// setting is the name of one of the kind's settings, such as ACCESS_TOKEN_PRIVATE_KEY.
func (k *keyKind) setting(rest string) string { return strings.ToUpper(k.name) + "_TOKEN_" + rest }

// file is the path of the kind's private or public key.
func (k *keyKind) file(half string) string { return filepath.Join(k.dir, k.name+"_"+half+".pem") }

const generate = `run "latchkey keys generate" for new keys`

// fault notes what is wrong with the setting or file of the given name.
func (k *keyKind) fault(where, why, remedy string) {
	k.faults = append(k.faults, fmt.Errorf("%s: %s; %s", where, why, remedy))
}

// read takes what the settings and the folder hold, and makes nothing.
func (k *keyKind) read() {
	switch {
	case k.private != "":
		k.readSettings()
	case k.public != "":
		k.fault(k.setting("PUBLIC_KEY"), "it is set without "+k.setting("PRIVATE_KEY"), "set both or neither, or "+generate)
	default:
		k.readFiles()
	}
	for i, text := range k.previous {
		where := fmt.Sprintf("%s, key %d", k.setting("PREVIOUS_PUBLIC_KEYS"), i+1)
		key, err := token.ParsePublicKey(text)
		if err == nil {
			err = token.CheckStrength(key)
		}
		if err != nil {
			k.fault(where, err.Error(), "take it out of the list, or "+generate)
			continue
		}
		k.set.Previous = append(k.set.Previous, key)
		k.known = append(k.known, knownKey{where, key})
	}
}

func (k *keyKind) readSettings() {
	k.source = "settings"
	k.usePrivate(k.setting("PRIVATE_KEY"), k.private)
	if k.public != "" {
		k.comparePublic(k.setting("PUBLIC_KEY"), k.public, "leave it out, it is derived from the private key, or "+generate)
	}
}

// readFiles leaves the set without a signing key when there is no file.
func (k *keyKind) readFiles() {
	k.source = filepath.ToSlash(k.dir) + "/ (found)"
	path := k.file("private")
	text, err := token.ReadKeyFile(path, true)
	if errors.Is(err, fs.ErrNotExist) {
		return
	}
	if err != nil {
		k.fault(path, err.Error(), `run "chmod 600 `+path+`" as its owner, or `+generate)
		return
	}
	k.usePrivate(path, text)
	// The public file is for people and other services: it may be missing, but it must not mislead them.
	path = k.file("public")
	if text, err = token.ReadKeyFile(path, false); err == nil {
		k.comparePublic(path, text, "remove it, it is written anew at the next start, or "+generate)
	} else if !errors.Is(err, fs.ErrNotExist) {
		k.fault(path, err.Error(), "remove it, it is written anew at the next start, or "+generate)
	}
}

func (k *keyKind) usePrivate(where, text string) {
	key, err := token.ParsePrivateKey(text)
	if err == nil {
		err = token.CheckStrength(&key.PublicKey)
	}
	if err != nil {
		k.fault(where, err.Error(), generate)
		return
	}
	k.set.Signing = key
	k.known = append(k.known, knownKey{where, &key.PublicKey})
}

func (k *keyKind) comparePublic(where, text, remedy string) {
	key, err := token.ParsePublicKey(text)
	if err == nil && k.set.Signing != nil {
		err = token.CheckPair(k.set.Signing, key)
	}
	if err != nil {
		k.fault(where, err.Error(), remedy)
	}
}

// refuseKeysOf notes every key that the other kind has too: one pair for both would let a token of one kind be signed as
// the other.
func (k *keyKind) refuseKeysOf(other *keyKind) {
	for _, own := range k.known {
		for _, theirs := range other.known {
			if own.key.Equal(theirs.key) {
				k.fault(own.where, "this is the key pair of "+theirs.where+" too, and each kind of token needs its own", generate)
			}
		}
	}
}

// completeFiles makes what is missing in the folder.
func (k *keyKind) completeFiles(bits int) {
	if k.set.Signing == nil {
		k.create(bits)
	}
	if k.set.Signing != nil {
		// The service itself does without this file, so a folder that cannot be written to is no reason to stop.
		_ = token.WriteKeyFile(k.file("public"), token.EncodePublicPEM(&k.set.Signing.PublicKey), 0o644)
	}
}

// create makes a key pair, unless another process that starts at the same moment was first: then it takes that one.
func (k *keyKind) create(bits int) {
	path := k.file("private")
	key, err := token.Generate(bits)
	if err == nil {
		err = token.WriteKeyFile(path, token.EncodePrivatePEM(key), 0o600)
	}
	if err == nil || errors.Is(err, fs.ErrExist) {
		k.readFiles()
	}
	switch {
	case k.set.Signing == nil && len(k.faults) == 0:
		k.fault(path, fmt.Sprint("the key cannot be made: ", err),
			"let the service write to the folder, or set "+k.setting("PRIVATE_KEY")+": "+generate)
	case err == nil:
		k.source = filepath.ToSlash(k.dir) + "/ (made now)"
	}
}
