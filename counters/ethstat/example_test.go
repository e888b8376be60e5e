package ethstat_test

import (
	"fmt"
	"log"

	"dropwatch/counters/ethstat"
)

// What does a driver count by itself? That of lo counts nothing.
func Example() {
	c, err := ethstat.Dial(ethstat.Config{})
	if err != nil {
		log.Fatal(err)
	}
	defer c.Close()
	stats, err := c.Driver("lo")
	if err != nil {
		log.Fatal(err)
	}
	for _, s := range stats {
		fmt.Println(s.Name, s.Value)
	}
	fmt.Println(len(stats), "statistics")
	// Output: 0 statistics
}
