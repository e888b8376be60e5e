package alert_test

import (
	"fmt"
	"time"

	"dropwatch/internal/alert"
	"dropwatch/internal/values"
)

func ExampleEngine() {
	rule, err := alert.ParseRule("drops.lost_rate > 100 for 20s until < 50")
	if err != nil {
		fmt.Println(err)
		return
	}
	engine, err := alert.New([]alert.Rule{rule})
	if err != nil {
		fmt.Println(err)
		return
	}
	now := time.Date(2026, 3, 1, 3, 0, 0, 0, time.UTC)
	for _, rate := range []float64{7, 300, 250, 400, 80, 12, 3} {
		now = now.Add(10 * time.Second)
		told := []values.Value{{Name: "drops.lost_rate", Number: rate}}
		for _, event := range engine.Evaluate(now, []alert.HostValues{{ID: "1", Name: "db1", Values: told}}) {
			fmt.Println(alert.Text(&event))
		}
	}
	// Output:
	// WARNING db1: drops.lost_rate is 400/s (above 100/s for 20s)
	// OK db1: drops.lost_rate is 12/s (was above 100/s for 40s, at worst 400/s)
}
