package rotate_test

import (
	"fmt"
	"os"
	"path/filepath"
	"time"

	"dropwatch/internal/export/rotate"
)

func Example() {
	dir, _ := os.MkdirTemp("", "")
	defer os.RemoveAll(dir)
	now := time.Unix(0, 0)
	files, _ := rotate.Open(rotate.Config{Path: filepath.Join(dir, "drops"), Size: 5, Count: 2}, now)
	defer files.Close()
	size := int64(0)
	for _, packet := range []string{"one", "two", "three", "four", "five"} {
		if turn, _ := files.Turn(now, size); turn {
			_ = files.Next()
			size = 0
		}
		n, _ := files.Write([]byte(packet))
		size += int64(n)
		fmt.Println(packet, "is in", filepath.Base(files.Name()))
	}
	// Output:
	// one is in drops0
	// two is in drops0
	// three is in drops1
	// four is in drops1
	// five is in drops0
}
