package peer

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"slices"
)

// KeyID names a key without telling it: eight hexadecimal digits of a hash.
func KeyID(key []byte) string {
	sum := sha256.Sum256(append([]byte("dropwatch cluster key\x00"), key...))
	return hex.EncodeToString(sum[:4])
}

// AddKey adds a key, which is for reading until it is used.
func AddKey(keys [][]byte, key []byte) ([][]byte, error) {
	if len(keys) >= maxKeys {
		return nil, fmt.Errorf("add key: there are %d already; remove one that is not used any more", len(keys))
	}
	return append(slices.Clone(keys), key), nil
}

// UseKey puts the key of that id first: it is for sending then.
func UseKey(keys [][]byte, id string) ([][]byte, error) {
	at, err := findKey(keys, id)
	if err != nil {
		return nil, err
	}
	rest := slices.Delete(slices.Clone(keys), at, at+1)
	return slices.Insert(rest, 0, keys[at]), nil
}

// RemoveKey takes the key of that id away, unless it is the one for sending.
func RemoveKey(keys [][]byte, id string) ([][]byte, error) {
	at, err := findKey(keys, id)
	if err != nil {
		return nil, err
	}
	if at == 0 {
		return nil, fmt.Errorf("remove key %s: it is used for sending; use another one first", id)
	}
	return slices.Delete(slices.Clone(keys), at, at+1), nil
}

func findKey(keys [][]byte, id string) (int, error) {
	at := slices.IndexFunc(keys, func(k []byte) bool { return KeyID(k) == id })
	if at < 0 {
		return 0, fmt.Errorf("no key has the id %q; dropwatch cluster key list shows them", id)
	}
	return at, nil
}
