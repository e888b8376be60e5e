package identity

import (
	"crypto/ed25519"
	"crypto/rand"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"
)

const (
	keyFile  = "host.key"
	pemBlock = "PRIVATE KEY"
)

// A Key is the identity of this host.
type Key struct {
	ID      ID
	Private ed25519.PrivateKey
}

// LoadOrCreate returns the key of this host from its state directory, and makes
// directory (mode 0700) and key (0600, PKCS #8 in PEM) at the first start. A key
// that others can read, or a directory they can write to, is refused with the
// cure. Of several that start at the same time all get the same key.
func LoadOrCreate(dir string) (*Key, error) {
	if err := makeDir(dir); err != nil {
		return nil, err
	}
	path := filepath.Join(dir, keyFile)
	key, err := loadKey(path)
	if !missing(err) {
		return key, err
	}
	if err := createKey(path); err != nil && !errors.Is(err, fs.ErrExist) {
		return nil, fmt.Errorf("create host key: %w", err)
	}
	return loadKey(path)
}

func createKey(path string) error {
	_, private, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		return err
	}
	der, err := x509.MarshalPKCS8PrivateKey(private)
	if err != nil {
		return err
	}
	return createFile(path, pem.EncodeToMemory(&pem.Block{Type: pemBlock, Bytes: der}), 0o600)
}

func loadKey(path string) (*Key, error) {
	data, err := readSecret(path)
	if err != nil {
		return nil, err
	}
	key, err := parseKey(data)
	if err != nil {
		return nil, fmt.Errorf("read host key %s: %w", path, err)
	}
	return key, nil
}

func parseKey(data []byte) (*Key, error) {
	block, _ := pem.Decode(data)
	if block == nil || block.Type != pemBlock {
		return nil, errors.New("no private key in PEM form: restore the file, or remove it to get a new identity")
	}
	parsed, err := x509.ParsePKCS8PrivateKey(block.Bytes)
	if err != nil {
		return nil, err
	}
	private, ok := parsed.(ed25519.PrivateKey)
	if !ok {
		return nil, errors.New("not an Ed25519 key")
	}
	return &Key{ID: IDOf(private.Public().(ed25519.PublicKey)), Private: private}, nil
}
