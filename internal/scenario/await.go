package scenario

import (
	"fmt"
	"time"
)

// await asks again and again until the answer is nil or time is up; then it
// returns the last answer.
func await(limit time.Duration, ask func() error) error {
	deadline := time.Now().Add(limit)
	for pause := time.Millisecond; ; pause = min(2*pause, 50*time.Millisecond) {
		last := time.Now().After(deadline) // asking may take long itself
		err := ask()
		if err == nil {
			return nil
		}
		if last {
			return fmt.Errorf("after waiting %v: %w", limit, err)
		}
		time.Sleep(pause)
	}
}
