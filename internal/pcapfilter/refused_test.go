package pcapfilter

import "strings"

// refusals are what tcpdump accepts and we do not, on purpose. Where exact is
// set, it is that expression; else any that contains the words.
var refusals = []struct{ exact, words, reason string }{
	{words: "protochain", reason: "needs a loop, which the kernel does not let a filter have"},
	{words: "geneve", reason: "not supported"},
	{words: "byte 0 & 1", reason: "tcpdump does not load the byte, and tests what happens to be in the register"},
	{words: "byte 0 | 1", reason: "tcpdump does not load the byte, and tests what happens to be in the register"},
	{exact: `host \10.0.0.1`, reason: "a name, which happens to be an address"},
	{exact: "host localhost", reason: "names are not looked up"},
	{exact: "net loopback", reason: "names are not looked up"},
	{exact: "portrange 20-80x", reason: "tcpdump ignores what follows the second number"},
	{exact: "portrange 20-80-90", reason: "tcpdump ignores what follows the second number"},
	{exact: "decnet net 10.0/16", reason: "tcpdump ignores the mask"},
}

// refusedOnPurpose returns the reason.
func refusedOnPurpose(expression string) string {
	for _, r := range refusals {
		if r.exact == expression && r.exact != "" || r.words != "" && strings.Contains(expression, r.words) {
			return r.reason
		}
	}
	return ""
}
