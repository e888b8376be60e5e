package symbols_test

import (
	"fmt"
	"strings"

	"dropwatch/symbols"
)

func Example() {
	kallsyms := "ffffffff81f0a030 T __udp4_lib_rcv\nffffffff81f0ac10 T udp_rcv\n"
	r := symbols.NewResolver(symbols.Config{
		// A host's own names need no reader: /proc/kallsyms is the default.
		Kallsyms: func() (*symbols.Table, error) { return symbols.Parse(strings.NewReader(kallsyms)) },
	})
	if s, ok := r.Resolve(0xffffffff81f0a4bc); ok {
		fmt.Println(s)
	}
	// Output: __udp4_lib_rcv+0x48c/0xbe0
}
