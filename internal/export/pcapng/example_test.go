package pcapng_test

import (
	"bytes"
	"fmt"

	"dropwatch/internal/export/pcapng"
)

func Example() {
	var file bytes.Buffer
	w, _ := pcapng.NewWriter(&file, pcapng.Section{Application: "dropwatch"})
	eth0, _ := w.AddInterface(pcapng.Interface{Name: "eth0", LinkType: 1})
	_ = w.WritePacket(&pcapng.Packet{Interface: eth0, Data: make([]byte, 60), Length: 1514, Comment: []byte("NO_SOCKET")})
	_ = w.Flush()

	for r := pcapng.NewReader(&file); ; {
		block, err := r.Next()
		if err != nil {
			fmt.Println(err)
			return
		}
		switch b := block.(type) {
		case *pcapng.Interface:
			fmt.Println(b.ID, b.Name)
		case *pcapng.Packet:
			fmt.Printf("%d of %d bytes: %s\n", len(b.Data), b.Length, b.Comment)
		}
	}
	// Output:
	// 0 eth0
	// 60 of 1514 bytes: NO_SOCKET
	// EOF
}
