package recording

import (
	"strconv"
	"strings"

	"dropwatch/symbols"
)

// parseSymbol reads what the kernel printed for an address into a message:
// "name+0x3e8/0x5d0 [module]". It cuts the text at 39 bytes, so that all but the
// name can be missing, or be a part of what it was.
func parseSymbol(text string, address uint64) (symbols.Symbol, bool) {
	name, rest, _ := strings.Cut(text, "+")
	if name == "" || strings.HasPrefix(name, "0x") {
		return symbols.Symbol{}, false
	}
	s := symbols.Symbol{Name: name, Address: address}
	offset, size, whole := strings.Cut(rest, "/")
	if !whole {
		return s, true
	}
	if n, err := strconv.ParseUint(offset, 0, 64); err == nil && n <= address {
		s.Offset, s.Address = n, address-n
	}
	size, module, _ := strings.Cut(size, " ")
	s.Size, _ = strconv.ParseUint(size, 0, 64) // as far as it is there
	if module, whole := strings.CutSuffix(module, "]"); whole {
		s.Module = strings.TrimPrefix(module, "[")
	}
	return s, true
}
