package scenario

import (
	"os"
	"testing"
)

// TestRootScenarios makes every drop of the table on the running kernel and
// demands that the eBPF source sees exactly these.
func TestRootScenarios(t *testing.T) {
	needRoot(t)
	tried := tryAll(All())
	observer := openObserver(t)
	for _, s := range All() {
		t.Run(s.Name, func(t *testing.T) {
			tried.needed(t, append([]Need{VirtualNet}, s.Needs...)...)
			lab, err := s.Lab()
			if err != nil {
				t.Fatal(err)
			}
			defer func() {
				if err := lab.Close(); err != nil {
					t.Errorf("close lab: %v", err)
				}
			}()
			if err := s.Play(lab, observer); err != nil {
				t.Error(err)
			}
		})
	}
}

func needRoot(t *testing.T) {
	t.Helper()
	if os.Getuid() == 0 {
		return
	}
	if os.Getenv("DROPWATCH_CI") != "" {
		t.Fatal("run as root: network namespaces need it")
	}
	t.Skip("needs root to make network namespaces")
}
