package vmtest

import (
	"bytes"
	"errors"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func smallArchive(t testing.TB) []byte {
	t.Helper()
	var out bytes.Buffer
	a := newArchive(&out)
	a.file("/usr/lib/one", 0o644, []byte("12345"))
	a.link("/bin", "usr/bin")
	a.file("/usr/lib/none", 0o644, nil)
	if err := a.close(); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

func TestEachEntry(t *testing.T) {
	got := map[string]string{}
	err := eachEntry(smallArchive(t), func(name string, data []byte) error {
		got[name] = string(data)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(map[string]string{"usr/lib/one": "12345", "usr/lib/none": ""}, got); diff != "" {
		t.Error(diff)
	}
	stop := errors.New("stop")
	if err := eachEntry(smallArchive(t), func(string, []byte) error { return stop }); !errors.Is(err, stop) {
		t.Errorf("error %v", err)
	}
}

// However an archive is cut, it is an error.
func TestEachEntryCut(t *testing.T) {
	whole := smallArchive(t)
	for n := range len(whole) - 4 {
		if err := eachEntry(whole[:n], func(string, []byte) error { return nil }); !errors.Is(err, errArchive) {
			t.Fatalf("of %d bytes %d: %v", len(whole), n, err)
		}
	}
}

func FuzzEachEntry(f *testing.F) {
	f.Add(smallArchive(f))
	f.Add([]byte("070701"))
	f.Fuzz(func(t *testing.T, archive []byte) {
		seen := 0
		err := eachEntry(archive, func(_ string, data []byte) error {
			seen += len(data)
			return nil
		})
		if err == nil && len(archive) < archiveHeader || seen > len(archive) {
			t.Errorf("%d bytes of files in %d: %v", seen, len(archive), err)
		}
	})
}
