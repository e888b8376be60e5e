package counters_test

import (
	"fmt"
	"net"

	"dropwatch/counters"
)

func Example() {
	reader, err := counters.Open(counters.Config{Sources: []string{"snmp"}})
	if err != nil {
		fmt.Println(err)
		return
	}
	defer reader.Close()
	before, err := reader.Sample()
	if err != nil {
		fmt.Println(err)
		return
	}
	if c, err := net.Dial("udp4", "127.0.0.1:9"); err == nil {
		c.Write([]byte("nobody listens there"))
		c.Close()
	}
	after, err := reader.Sample()
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, c := range counters.Diff(before, after) {
		if meta, ok := counters.Lookup(c.Name); ok && c.Name == "Udp.NoPorts" && c.Delta > 0 {
			fmt.Printf("%s rose (%s). %s\n", c.Name, meta.Unit, meta.Help)
		}
	}
	// Output: Udp.NoPorts rose (datagrams). Datagrams to a port where no program listens.
}
