package netdm_test

import (
	"fmt"
	"log"
	"time"

	"dropwatch/internal/netdm"
)

// Print ten seconds of dropped packets, whoever has started the monitor.
func Example() {
	client, err := netdm.Dial(netdm.Config{})
	if err != nil {
		log.Fatal(err)
	}
	defer client.Close()
	if err := client.Subscribe(); err != nil {
		log.Fatal(err)
	}
	err = client.Begin(netdm.Wish{
		Settings: netdm.Settings{Mode: netdm.Packets, Truncate: 128, Queue: 10000}, Software: true,
	})
	if err != nil {
		log.Fatal(err)
	}
	if client.Standing().Passive {
		fmt.Println("somebody else has started the monitor; listening")
	}
	err = client.Receive(time.Now().Add(10*time.Second), func(a *netdm.Alert) {
		fmt.Printf("%s at %s\n", a.Packet.Reason, a.Packet.Symbol)
	})
	if err != nil {
		log.Fatal(err)
	}
	socket, kernel, err := client.Losses()
	fmt.Println("not seen:", socket+kernel, err)
}
