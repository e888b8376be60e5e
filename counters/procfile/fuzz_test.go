package procfile

import (
	"bytes"
	"errors"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// fuzz feeds a parser. Whatever the text is: names are fit to be shown, an error
// names a line that exists, no more values come out than words went in, and the
// same text gives the same again.
func fuzz(f *testing.F, sources ...string) {
	for _, source := range sources {
		file, ok := Lookup(source)
		if !ok {
			f.Fatalf("no file %s", source)
		}
		for _, kernel := range kernels {
			f.Add(fixture(f, kernel, file))
		}
	}
	f.Add([]byte("    3    812     5 2 65535     6     7       99  1\n"))
	f.Fuzz(func(t *testing.T, text []byte) {
		for _, source := range sources {
			file, _ := Lookup(source)
			p := NewParser(file)
			values, err := p.Parse(nil, text)
			checkError(t, err, text)
			checkValues(t, values, text)
			again, err2 := p.Parse(nil, text)
			if diff := cmp.Diff(values, again); diff != "" || (err == nil) != (err2 == nil) {
				t.Errorf("errors %v, %v; (-first time +again)\n%s", err, err2, diff)
			}
		}
	})
}

func checkError(t *testing.T, err error, text []byte) {
	t.Helper()
	if err == nil {
		return
	}
	var syntax *SyntaxError
	if !errors.As(err, &syntax) || syntax.Line > bytes.Count(text, []byte("\n"))+1 {
		t.Errorf("error %v", err)
	}
}

func checkValues(t *testing.T, values []Value, text []byte) {
	t.Helper()
	if words := len(bytes.Fields(text)); len(values) > words {
		t.Errorf("%d values of %d words", len(values), words)
	}
	for _, v := range values {
		if problem := badName([]byte(v.Name)); problem != "" && len(v.Name) <= 64 {
			t.Errorf("%q: %s", v.Name, problem)
		}
		if v.Bits != 64 && (v.Bits != 32 || v.Number >= 1<<32) {
			t.Errorf("%+v has a wrong width", v)
		}
	}
}

func FuzzPairs(f *testing.F)     { fuzz(f, "snmp") }
func FuzzLines(f *testing.F)     { fuzz(f, "snmp6", "xfrm_stat") }
func FuzzSoftnet(f *testing.F)   { fuzz(f, "softnet") }
func FuzzSockstat(f *testing.F)  { fuzz(f, "sockstat") }
func FuzzProtocols(f *testing.F) { fuzz(f, "protocols") }
func FuzzPerCPU(f *testing.F)    { fuzz(f, "arp_cache", "nf_conntrack") }
func FuzzQueues(f *testing.F)    { fuzz(f, "nfnetlink_queue") }
