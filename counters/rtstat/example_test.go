package rtstat_test

import (
	"fmt"
	"log"

	"dropwatch/counters/rtstat"
)

// Which interfaces dropped packets?
func Example() {
	c, err := rtstat.Dial(rtstat.Config{})
	if err != nil {
		log.Fatal(err)
	}
	defer c.Close()
	links, err := c.Links()
	if err != nil {
		log.Fatal(err)
	}
	for _, l := range links {
		for _, n := range l.Stats {
			if n.Name == "rx_dropped" && l.Name == "lo" {
				fmt.Printf("%s has a counter %s of %d bits\n", l.Name, n.Name, n.Bits)
			}
		}
	}
	// Output: lo has a counter rx_dropped of 64 bits
}
