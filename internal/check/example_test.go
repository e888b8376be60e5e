package check_test

import (
	"fmt"
	"os"

	"dropwatch/internal/check"
	"dropwatch/internal/report"
)

func Example() {
	rules, err := check.Parse([]string{"lost=10"}, []string{"class.loss/s=5"})
	if err != nil {
		fmt.Println(err)
		return
	}
	verdict := rules.Judge(check.Evidence{Drops: &report.Summary{
		Seconds: 5, Total: report.Total{Packets: 12, Lost: 12},
		Drops: []report.Drop{{Packets: 12, Reason: "NO_SOCKET", Subsystem: "core", Class: "peer"}},
	}})
	verdict.Perf = verdict.Perf[:1]
	if err := verdict.WriteText(os.Stdout); err != nil {
		fmt.Println(err)
	}
	// Output:
	// DROPWATCH WARNING - lost is 12, warning is more than 10; 12 packets lost in 5.0 s | 'lost'=12;10;;0;
	// 12 NO_SOCKET (peer)
}
