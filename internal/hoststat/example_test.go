package hoststat_test

import (
	"context"
	"fmt"

	"dropwatch/internal/hoststat"
)

func ExampleReader() {
	// Files of another host; without a root, this host is read.
	r := hoststat.New(hoststat.Config{Root: "testdata/2.6.32"})
	defer r.Close()
	s := r.Sample(context.Background())
	fmt.Println("load", s.Load.One, "tasks", s.Tasks.Total)
	for _, d := range s.Disks {
		fmt.Println(d.Name, d.Counters.ReadBytes)
	}
	if s.Memory.Available == nil {
		fmt.Println("this kernel does not tell how much memory is available")
	}
	// Output:
	// load 0 tasks 64
	// sda 81920000
	// cciss/c0d0 40960
	// this kernel does not tell how much memory is available
}
