package history_test

import (
	"fmt"
	"os"
	"time"

	"dropwatch/internal/history"
	"dropwatch/internal/history/ring"
	"dropwatch/internal/values"
)

// An agent writes what hosts report; anybody reads it.
func Example() {
	dir, err := os.MkdirTemp("", "history")
	if err != nil {
		fmt.Println(err)
		return
	}
	defer os.RemoveAll(dir)
	store, err := history.Open(dir, history.Config{})
	if err != nil {
		fmt.Println(err)
		return
	}
	defer store.Close()
	begin := time.Date(2026, 3, 5, 12, 0, 0, 0, time.UTC)
	for i := range 4 {
		list := []values.Value{{Name: "load1", Number: float64(i)}}
		if err := store.Add("dw1-example", "web1", begin.Add(time.Duration(i)*10*time.Second), list); err != nil {
			fmt.Println(err)
		}
	}

	host, err := history.Find(dir, "web1")
	if err != nil {
		fmt.Println(err)
		return
	}
	view, err := ring.Read(host.Path)
	if err != nil {
		fmt.Println(err)
		return
	}
	defer view.Close()
	series, err := view.Fetch("load1", begin, begin.Add(30*time.Second), 0)
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(series.Step, series.Average)
	// Output: 10s [1 2 3]
}
