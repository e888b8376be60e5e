package firewall_test

import (
	"fmt"
	"log"

	"dropwatch/counters/firewall"
)

// Rules of this namespace that have thrown packets away.
func Example() {
	conn, err := firewall.Open(0)
	if err != nil {
		log.Fatal(err)
	}
	defer conn.Close()
	rules, err := conn.Rules(firewall.NFTables, nil)
	if err != nil {
		log.Fatal(err)
	}
	for i := range rules {
		if rule := &rules[i]; rule.Loses() && rule.Packets > 0 {
			fmt.Println(rule, rule.Packets)
		}
	}
}
