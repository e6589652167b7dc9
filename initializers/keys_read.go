package initializers

import (
	"crypto"
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"
	"strings"
	"time"

	"latchkey/config"
	"latchkey/internal/token"
)

// keyKind collects the keys of one kind of token, and what is wrong with them.
type keyKind struct {
	name, dir             string
	private, public, next string // as set, base64 of PEM; "" when not set
	nextFrom              time.Time
	previousTexts         []string // the same, public keys

	keys     []heldKey // in the order of their turns
	previous []knownKey
	source   string
	faults   []error
}

// heldKey is a private key with its turn.
type heldKey struct {
	where   string        // the setting or the path
	file    token.KeyFile // of a key in the folder
	from    time.Time     // zero: from the beginning
	private crypto.Signer
}

// knownKey is a key and the place where it was found.
type knownKey struct {
	where string
	key   crypto.PublicKey
}

// set is what the token package needs of the kind.
func (k *keyKind) set() token.KeySet {
	set := token.KeySet{Signing: k.keys[0].private}
	for _, key := range k.keys[1:] {
		set.Later = append(set.Later, token.LaterKey{From: key.from, Private: key.private})
	}
	for _, key := range k.previous {
		set.Previous = append(set.Previous, key.key)
	}
	return set
}

// setting is the name of one of the kind's settings, such as ACCESS_TOKEN_PRIVATE_KEY.
func (k *keyKind) setting(rest string) string { return strings.ToUpper(k.name) + "_TOKEN_" + rest }

// file is the file of the kind's first key.
func (k *keyKind) file() token.KeyFile { return token.NewKeyFile(k.dir, k.name, time.Time{}) }

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
	for i, text := range k.previousTexts {
		where := fmt.Sprintf("%s, key %d", k.setting("PREVIOUS_PUBLIC_KEYS"), i+1)
		key, err := token.ParsePublicKey(text)
		if err == nil {
			err = token.CheckStrength(key)
		}
		if err != nil {
			k.fault(where, err.Error(), "take it out of the list, or "+generate)
			continue
		}
		k.previous = append(k.previous, knownKey{where, key})
	}
}

func (k *keyKind) readSettings() {
	k.source = "settings"
	k.usePrivate(k.setting("PRIVATE_KEY"), k.private, token.KeyFile{})
	if k.public != "" {
		k.comparePublic(k.setting("PUBLIC_KEY"), k.public, "leave it out, it is derived from the private key, or "+generate)
	}
	if k.next != "" {
		k.usePrivate(k.setting("NEXT_PRIVATE_KEY"), k.next, token.KeyFile{From: k.nextFrom})
	}
}

// readFiles leaves the kind without keys when there is no file.
func (k *keyKind) readFiles() {
	k.source, k.keys = filepath.ToSlash(k.dir)+"/ (found)", nil
	files, err := token.KeyFiles(k.dir, k.name)
	if err != nil {
		k.fault(k.file().Path, err.Error(), "name a folder that the service can read, or "+generate)
	}
	for _, file := range files {
		text, err := token.ReadKeyFile(file.Path, true)
		if errors.Is(err, fs.ErrNotExist) {
			continue // retired just now
		}
		if err != nil {
			k.fault(file.Path, err.Error(), `run "chmod 600 `+file.Path+`" as its owner, or `+generate)
			continue
		}
		if !k.usePrivate(file.Path, text, file) {
			continue
		}
		// The public file is for people and other services: it may be missing, but it must not mislead them.
		const remedy = "remove it, it is written anew at the next start, or " + generate
		if text, err = token.ReadKeyFile(file.Public(), false); err == nil {
			k.comparePublic(file.Public(), text, remedy)
		} else if !errors.Is(err, fs.ErrNotExist) {
			k.fault(file.Public(), err.Error(), remedy)
		}
	}
}

// usePrivate adds a key and reports whether it is one.
func (k *keyKind) usePrivate(where, text string, file token.KeyFile) bool {
	key, err := token.ParsePrivateKey(text)
	if err == nil {
		err = token.CheckStrength(key.Public())
	}
	if err != nil {
		k.fault(where, err.Error(), generate)
		return false
	}
	k.keys = append(k.keys, heldKey{where, file, file.From, key})
	return true
}

// comparePublic notes a public key that is not that of the key added last.
func (k *keyKind) comparePublic(where, text, remedy string) {
	key, err := token.ParsePublicKey(text)
	if err == nil && len(k.keys) > 0 {
		err = token.CheckPair(k.keys[len(k.keys)-1].private, key)
	}
	if err != nil {
		k.fault(where, err.Error(), remedy)
	}
}

// known lists every key of the kind.
func (k *keyKind) known() []knownKey {
	var all []knownKey
	for _, key := range k.keys {
		all = append(all, knownKey{key.where, key.private.Public()})
	}
	return append(all, k.previous...)
}

// refuseKeysOf notes every key that the other kind has too: one pair for both would let a token of one kind be signed as
// the other.
func (k *keyKind) refuseKeysOf(other *keyKind) {
	for _, own := range k.known() {
		for _, theirs := range other.known() {
			if token.Thumbprint(own.key) == token.Thumbprint(theirs.key) {
				k.fault(own.where, "this is the key pair of "+theirs.where+" too, and each kind of token needs its own", generate)
			}
		}
	}
}

// refuseOthersThan notes the key in the settings that would sign in the end by another algorithm than the wanted one. A key in
// the folder signs until its turn is over: the next one is of the wanted kind.
func (k *keyKind) refuseOthersThan(algorithm string) {
	if k.private == "" || len(k.keys) == 0 {
		return
	}
	if last := k.last(); last.algorithm() != algorithm {
		k.fault(last.where, "this is a key for "+last.algorithm()+", and JWT_ALGORITHM is "+algorithm,
			"set JWT_ALGORITHM="+last.algorithm()+`, or run "latchkey keys rotate" and add the next key that it prints, or `+generate)
	}
}

// completeFiles makes what is missing in the folder.
func (k *keyKind) completeFiles(cfg config.Keys) {
	if len(k.keys) == 0 {
		k.create(cfg)
	}
	for _, key := range k.keys {
		key.file.WritePublic(key.private.Public())
	}
}

// create makes a key pair, unless another process that starts at the same moment was first: then it takes that one.
func (k *keyKind) create(cfg config.Keys) {
	path := k.file().Path
	key, err := token.Generate(cfg.Algorithm, cfg.RSABits)
	if err == nil {
		err = token.WriteKeyFile(path, token.EncodePrivatePEM(key), 0o600)
	}
	if err == nil || errors.Is(err, fs.ErrExist) {
		k.readFiles()
	}
	switch {
	case len(k.keys) == 0 && len(k.faults) == 0:
		k.fault(path, fmt.Sprint("the key cannot be made: ", err),
			"let the service write to the folder, or set "+k.setting("PRIVATE_KEY")+": "+generate)
	case err == nil:
		k.source = filepath.ToSlash(k.dir) + "/ (made now)"
	}
}
