package pcapfilter_test

import (
	"fmt"

	"dropwatch/internal/pcapfilter"
)

func ExampleCompile() {
	p, err := pcapfilter.Compile("udp dst port 53", pcapfilter.Raw)
	if err != nil {
		fmt.Println(err)
		return
	}
	query := []byte{
		0x45, 0, 0, 28, 0, 0, 0, 0, 64, 17, 0, 0, 10, 0, 0, 1, 10, 0, 0, 2,
		0x80, 0, 0, 53, 0, 8, 0, 0,
	}
	fmt.Println(p.Match(query, len(query)))

	_, err = pcapfilter.Compile("udp and hosst 10.0.0.1", pcapfilter.Raw)
	fmt.Println(err)
	// Output:
	// true
	// column 9: unknown word "hosst"; did you mean host?
}
