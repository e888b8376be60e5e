package scenario

import (
	"fmt"
	"time"
)

// await asks again and again until the answer is nil or time is up; then it
// returns the last answer.
func await(limit time.Duration, ask func() error) error {
	deadline := time.Now().Add(limit)
	for {
		err := ask()
		if err == nil {
			return nil
		}
		if time.Now().After(deadline) {
			return fmt.Errorf("after waiting %v: %w", limit, err)
		}
		time.Sleep(5 * time.Millisecond)
	}
}
