package shell

import (
	"bytes"
	"slices"
	"sync/atomic"
	"unicode/utf8"

	"github.com/chzyer/readline"
)

// pokeKey is the key that tells the line editor that the shell wants it. It is
// a key after which the editor's reader waits to be told to go on: with any
// other key it would go on reading while a command runs. Users cannot type it,
// because keys turns theirs into Enter.
const pokeKey = readline.CharCtrlJ

// keys reads what the user types and keeps from the line editor what it would
// take wrongly. It is the editor's input.
type keys struct {
	in      *input
	deletes atomic.Int32 // Delete keys among the poke keys on their way
	ended   atomic.Bool  // the editor has been told that the input ended
	tail    []byte       // a character that is not complete
}

// Read returns keys, or a poke key when the input was poked.
func (k *keys) Read(p []byte) (int, error) {
	if len(p) == 0 {
		return 0, nil
	}
	for {
		// A poke key inside of a character would break the character.
		n, poked, err := k.in.next(p, len(k.tail) == 0)
		if poked {
			p[0] = pokeKey
			return 1, nil
		}
		if err != nil {
			k.ended.Store(true)
			return 0, err
		}
		if n = k.translate(p[:n]); n > 0 {
			return n, nil
		}
	}
}

// translate changes keys in place and returns how many bytes are left.
//   - A line feed, typed or pasted, is Enter.
//   - NUL (Ctrl-Space) is dropped, the editor takes it for the end of input.
//   - Ctrl-Z is dropped: the terminal handles it, and the editor would stop the
//     parent process too.
//   - The Delete key is Ctrl-D to the editor, which must not leave the shell.
func (k *keys) translate(p []byte) int {
	for i, c := range p {
		if c == '\n' {
			p[i] = readline.CharEnter
		}
	}
	deleteKey := []byte("\x1b[3~")
	if n := bytes.Count(p, deleteKey); n > 0 {
		k.deletes.Add(int32(n))
		p = p[:copy(p, bytes.ReplaceAll(p, deleteKey, []byte{pokeKey}))]
	}
	p = slices.DeleteFunc(p, func(c byte) bool { return c == 0 || c == readline.CharCtrlZ })
	k.tail = append(k.tail, p...)
	for len(k.tail) > 0 && utf8.FullRune(k.tail) {
		_, size := utf8.DecodeRune(k.tail)
		k.tail = k.tail[size:]
	}
	return len(p)
}

// Close does nothing: the shell stops the input itself.
func (k *keys) Close() error { return nil }

// edits tells keys that the line editor has a use for. Most others it would put
// into the line as they are; Ctrl-T makes it crash in a line of one character.
func edits(r rune) bool {
	switch r {
	case readline.MetaTranspose, 15, 17, readline.CharTranspose, 22, 24, 28, 29, 30, 31:
		return false
	}
	return true
}
