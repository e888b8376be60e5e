package sockstat_test

import (
	"fmt"
	"log"

	"dropwatch/counters/sockstat"
)

// Sockets of this namespace that have lost packets since they were made.
func Example() {
	conn, err := sockstat.Open(0)
	if err != nil {
		log.Fatal(err)
	}
	defer conn.Close()
	_, err = conn.Sockets(sockstat.Query{Dropped: true}, func(s *sockstat.Socket) {
		fmt.Printf("%v has lost %d, of uid %d\n", s, s.Drops, s.UID)
	})
	if err != nil {
		log.Fatal(err)
	}
}
