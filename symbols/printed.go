package symbols

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
)

// maxPrinted bounds the text the kernel prints for an address.
const maxPrinted = 2*maxName + 64

// parsePrinted decodes what the kernel prints for the format %pS of address:
// "name+0x3e8/0x5d0 [module]", or the plain address in hex when it knows no
// symbol, for which known is false. Everything else is an error, a hidden or
// hashed pointer too.
func parsePrinted(text string, address uint64) (s Symbol, known bool, err error) {
	text, _, _ = strings.Cut(text, "\x00")
	if len(text) > maxPrinted {
		return Symbol{}, false, fmt.Errorf("parse kernel symbol: longer than %d bytes", maxPrinted)
	}
	if text == "0x"+strconv.FormatUint(address, 16) {
		return Symbol{}, false, nil
	}
	place, module, hasModule := strings.Cut(text, " ")
	if hasModule {
		n := len(module)
		if n < 2 || module[0] != '[' || module[n-1] != ']' || !validModule(module[1:n-1]) {
			return Symbol{}, false, printedError(text, "want [module] after the blank")
		}
		module = module[1 : n-1]
	}
	plus := strings.LastIndexByte(place, '+')
	if plus < 0 || !validName(place[:plus]) {
		return Symbol{}, false, printedError(text, "want name+offset/size")
	}
	offset, size, _ := strings.Cut(place[plus+1:], "/")
	s = Symbol{Name: place[:plus], Module: module}
	if s.Offset, err = printedHex(offset); err == nil {
		s.Size, err = printedHex(size)
	}
	if err != nil {
		return Symbol{}, false, printedError(text, err.Error())
	}
	if s.Offset >= s.Size || s.Offset > address {
		return Symbol{}, false, printedError(text, "offset out of range")
	}
	if isPadding(s.Name) || isMapping(s.Name) {
		return Symbol{}, false, nil
	}
	s.Address = address - s.Offset
	return s, true, nil
}

// printedHex decodes 0x1f. Only the form that the kernel prints is accepted: no
// capitals, no leading zeros.
func printedHex(text string) (uint64, error) {
	digits, ok := strings.CutPrefix(text, "0x")
	v, err := strconv.ParseUint(digits, 16, 64)
	if !ok || err != nil || strconv.FormatUint(v, 16) != digits {
		return 0, errors.New("want a number like 0x1f")
	}
	return v, nil
}

func printedError(text, why string) error {
	return fmt.Errorf("parse kernel symbol %q: %s", text, why)
}
