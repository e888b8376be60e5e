package logfile_test

import (
	"context"
	"fmt"
	"os"
	"time"

	"dropwatch/internal/export/logfile"
	"dropwatch/internal/export/logline"
)

func Example() {
	out := logfile.NewStream(os.Stdout, logline.TextEncoder{Fields: true})
	q := logline.NewQueue(out, logline.QueueConfig{Name: "stdout"})
	q.Add(logline.Record{
		Time: time.Date(2026, 3, 1, 12, 0, 3, 0, time.UTC), Severity: logline.Warning, Event: "drop",
		Text:   "12 packets dropped",
		Fields: []logline.Field{logline.Text("reason", "NO_SOCKET"), logline.Count("packets", 12)},
	})
	if err := q.Close(context.Background()); err != nil {
		fmt.Println(err)
	}
	fmt.Println(q.Stats().Delivered)
	// Output:
	// 2026-03-01T12:00:03.000000Z warning drop: 12 packets dropped reason=NO_SOCKET packets=12
	// 1
}
