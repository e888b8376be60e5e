package vmtest

import "testing"

func TestCountTests(t *testing.T) {
	text := `=== RUN   TestA
--- PASS: TestA (0.00s)
=== RUN   TestB
    x_test.go:5: --- not a result
--- FAIL: TestB (1.00s)
    --- PASS: TestB/one (0.00s)
    --- FAIL: TestB/two (0.00s)
        --- SKIP: TestB/two/deep (0.00s)
    --- SKIP: TestB/three (0.00s)
FAIL
`
	if got, want := CountTests(text), (Count{Passed: 2, Failed: 1, Skipped: 2}); got != want {
		t.Errorf("%v, want %v", got, want)
	}
	if got := CountTests("--- FAIL: TestA (0.00s)\n"); got != (Count{Failed: 1}) {
		t.Errorf("%v for one failure", got)
	}
}
