package repair_test

import (
	"fmt"
	"time"

	"dropwatch/internal/peer/identity"
	"dropwatch/internal/peer/record"
	"dropwatch/internal/peer/repair"
)

// A record that came to one collector only is sent to the other one.
func Example() {
	now := time.Unix(1790000000, 0)
	first, err := repair.New(repair.Config{Name: "first"})
	if err != nil {
		fmt.Println(err)
		return
	}
	second, err := repair.New(repair.Config{Name: "second"})
	if err != nil {
		fmt.Println(err)
		return
	}
	packet := make([]byte, record.MinPacket) // as the gate took it
	second.Put(identity.ID{1}, 1, 1, 0, 1, packet, now)

	limiter := repair.NewLimiter(10*time.Second, 64)
	digest := first.Digest(now.Add(-time.Minute), true)

	// At the second one:
	name, asks, err := repair.Sender(digest)
	if err != nil || !limiter.Allow(name, asks, now) {
		fmt.Println("not answered:", name, err)
		return
	}
	answer, err := second.Answer(digest, now.Add(-time.Minute))
	if err != nil {
		fmt.Println(err)
		return
	}
	// At the first one, which passes each packet through its gate:
	for _, bundle := range answer.Bundles {
		packets, err := repair.DecodeBundle(bundle)
		fmt.Println(len(packets), "packet for", name, err)
	}
	fmt.Println(len(answer.Digest), "bytes of digest, as it lacks nothing")
	// Output:
	// 1 packet for first <nil>
	// 0 bytes of digest, as it lacks nothing
}
