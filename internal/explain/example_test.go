package explain_test

import (
	"fmt"

	"dropwatch/internal/explain"
)

func Example() {
	base, err := explain.Load()
	if err != nil {
		fmt.Println(err)
		return
	}
	v := base.Classify(explain.Facts{
		Reason:    "SOCKET_RCVBUFF",
		Function:  "udp_queue_rcv_one_skb",
		Protocol:  0x0800,
		Transport: 17,
	})
	fmt.Println(v.Class)
	fmt.Println(v.Cause)
	fmt.Println(v.Counters)
	// Output:
	// loss
	// The receiving program did not read fast enough; its UDP socket buffer was full.
	// [Udp.RcvbufErrors Udp.InErrors socket.drops]
}
