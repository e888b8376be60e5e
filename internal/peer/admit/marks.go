package admit

import (
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"
	"io/fs"
	"math"
	"os"

	"dropwatch/internal/peer/identity"
)

// A file of marks has a title, the number of hosts, for each its id, epoch and
// sequence, and the SHA-256 of all that. Numbers are big endian.
const (
	marksTitle = "dwmarks1"
	marksHead  = len(marksTitle) + 4
	markSize   = 16 + 8 + 8
	// maxMarks bounds what is read.
	maxMarks = 1 << 20
)

// A mark is the last record of a host that is not taken any more, with all
// its parts.
type mark struct {
	epoch, sequence uint64
}

// ahead is the mark some records further on.
func (m mark) ahead(records uint64) mark {
	m.sequence += min(records, math.MaxUint64-m.sequence)
	return m
}

// covers tells whether a record is not beyond the mark.
func (m mark) covers(other mark) bool {
	return other.epoch < m.epoch || other.epoch == m.epoch && other.sequence <= m.sequence
}

func formatMarks(marks map[identity.ID]mark) []byte {
	b := make([]byte, 0, marksHead+len(marks)*markSize+sha256.Size)
	b = append(b, marksTitle...)
	b = binary.BigEndian.AppendUint32(b, uint32(len(marks)))
	for id, m := range marks {
		b = append(b, id[:]...)
		b = binary.BigEndian.AppendUint64(b, m.epoch)
		b = binary.BigEndian.AppendUint64(b, m.sequence)
	}
	sum := sha256.Sum256(b)
	return append(b, sum[:]...)
}

func parseMarks(data []byte) (map[identity.ID]mark, error) {
	if len(data) < marksHead+sha256.Size || string(data[:len(marksTitle)]) != marksTitle {
		return nil, errors.New("not a file of marks, or not whole")
	}
	body := data[:len(data)-sha256.Size]
	count := binary.BigEndian.Uint32(body[len(marksTitle):])
	if count > maxMarks || len(body) != marksHead+int(count)*markSize || sha256.Sum256(body) != [sha256.Size]byte(data[len(body):]) {
		return nil, errors.New("not whole")
	}
	marks := make(map[identity.ID]mark, count)
	for b := body[marksHead:]; len(b) > 0; b = b[markSize:] {
		marks[identity.ID(b[:16])] = mark{epoch: binary.BigEndian.Uint64(b[16:]), sequence: binary.BigEndian.Uint64(b[24:])}
	}
	return marks, nil
}

// loadMarks returns none if there is no file yet.
func loadMarks(path string) (map[identity.ID]mark, error) {
	info, err := os.Stat(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err == nil && info.Size() > int64(marksHead+maxMarks*markSize+sha256.Size) {
		err = errors.New("file is too large")
	}
	var data []byte
	if err == nil {
		data, err = os.ReadFile(path)
	}
	if err != nil {
		return nil, fmt.Errorf("read marks of hosts: %w", err)
	}
	marks, err := parseMarks(data)
	if err != nil {
		return nil, fmt.Errorf("read marks of hosts: %s: %w: remove it if no record of the last minutes can have been recorded by others", path, err)
	}
	return marks, nil
}
