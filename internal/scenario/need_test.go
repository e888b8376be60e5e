package scenario

import (
	"errors"
	"os"
	"testing"
)

// needed skips a test whose need is not met. In CI a missing program fails, so
// that the whole level cannot be skipped by accident.
func needed(t *testing.T, n Need) {
	t.Helper()
	err := n.Check()
	if err == nil {
		return
	}
	var missing *Missing
	if os.Getenv("DROPWATCH_CI") != "" && errors.As(err, &missing) && missing.Package != "" {
		t.Fatal(err)
	}
	t.Skip(err)
}
