package pcapfilter

import (
	"net/netip"
	"strconv"
	"strings"
)

// maxExpression bounds the bytes of an expression.
const maxExpression = 1 << 16

// lex cuts an expression into tokens, of which the last is the end. At each
// place the longest token counts, so that 5-3 is a name and not a difference.
func lex(text string) ([]token, *SyntaxError) {
	if len(text) > maxExpression {
		return nil, wrongAt(maxExpression, "the expression is longer than %d bytes; use several", maxExpression)
	}
	var tokens []token
	for offset := 0; ; {
		offset += len(text[offset:]) - len(strings.TrimLeft(text[offset:], " \t\r\n"))
		if offset == len(text) {
			return append(tokens, token{kind: tokenEnd, offset: offset}), nil
		}
		t, length, err := next(text[offset:])
		if err != nil {
			err.Column += offset
			return nil, err
		}
		t.offset = offset
		tokens = append(tokens, t)
		offset += length
	}
}

// next reads the first token of a text that does not begin with a space.
func next(s string) (token, int, *SyntaxError) {
	if s[0] == '\\' {
		return escaped(s)
	}
	word := wordLength(s)
	if n, address := ipv6Length(s); n > word && n >= brokenStationLength(s) {
		if !address.IsValid() {
			return token{}, 0, wrongAt(0, "%q is not an IPv6 address", s[:n])
		}
		return token{kind: tokenIPv6, text: s[:n], address: address}, n, nil
	}
	if n, station := stationLength(s); n >= word && n > 0 && n > brokenStationLength(s) {
		return token{kind: tokenStation, text: s[:n], station: station}, n, nil
	}
	if n := brokenStationLength(s); n > word {
		return token{}, 0, wrongAt(0, "%q is not an Ethernet address; write it as 00:11:22:33:44:55", s[:n])
	}
	if word > 0 {
		t, err := wordToken(s[:word])
		return t, word, err
	}
	return symbol(s)
}

// escaped reads \name, which is never a keyword.
func escaped(s string) (token, int, *SyntaxError) {
	n := strings.IndexAny(s, " !()\n\t")
	if n < 0 {
		n = len(s)
	}
	if n < 2 {
		return token{}, 0, wrongAt(0, `expected a name after \`)
	}
	return token{kind: tokenName, text: s[1:n]}, n, nil
}

func isAlphanumeric(c byte) bool {
	return c >= '0' && c <= '9' || c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z'
}

// wordLength is that of the longest word: letters, digits, dots, and hyphens
// and underscores except at its ends.
func wordLength(s string) int {
	if !isAlphanumeric(s[0]) {
		return 0
	}
	last := 0
	for i := 0; i < len(s); i++ {
		switch c := s[i]; {
		case isAlphanumeric(c) || c == '.':
			last = i
		case c != '-' && c != '_':
			return last + 1
		}
	}
	return last + 1
}

// wordToken finds out what a word is.
func wordToken(s string) (token, *SyntaxError) {
	if known, ok := keywords[s]; ok {
		return token{kind: tokenWord, text: s, word: known}, nil
	}
	if n, ok := constants[s]; ok {
		return token{kind: tokenNumber, text: s, number: n}, nil
	}
	parts := strings.Split(s, ".")
	for _, part := range parts {
		if !isNumber(part) {
			return token{kind: tokenName, text: s}, nil
		}
	}
	switch {
	case len(parts) > 4:
		return token{kind: tokenName, text: s}, nil
	case len(parts) > 1:
		return token{kind: tokenIPv4, text: s}, nil
	}
	n, err := strconv.ParseUint(strings.ToLower(s), base(s), 32)
	if err != nil {
		return token{}, wrongAt(0, "%s is not a number of at most 32 bits (a leading 0 means octal)", s)
	}
	return token{kind: tokenNumber, text: s, number: uint32(n)}, nil
}

// isNumber tells whether all of a text is decimal, octal or hexadecimal.
func isNumber(s string) bool {
	digits, hexadecimal := s, false
	if len(s) > 2 && s[0] == '0' && (s[1] == 'x' || s[1] == 'X') {
		digits, hexadecimal = s[2:], true
	}
	for i := 0; i < len(digits); i++ {
		if !isDecimal(digits[i]) && !(hexadecimal && isHexadecimal(digits[i])) {
			return false
		}
	}
	return digits != ""
}

// base is what strconv needs for a number that may begin with 0 or 0x. A base
// of 0 takes more than that: 0b1, 0o1 and 1_000 are no numbers here, and do not
// come this far.
func base(s string) int {
	if s[0] == '0' {
		return 0
	}
	return 10
}

// symbol reads an operator.
func symbol(s string) (token, int, *SyntaxError) {
	for _, operator := range []struct{ written, word string }{
		{"&&", "and"}, {"||", "or"}, {">=", ">="}, {"<=", "<="}, {"!=", "!="},
		{"==", "="}, {"<<", "<<"}, {">>", ">>"}, {"!", "not"},
	} {
		if strings.HasPrefix(s, operator.written) {
			return token{kind: tokenWord, text: operator.written, word: operator.word}, len(operator.written), nil
		}
	}
	if strings.IndexByte("+-*/%:[]<>()&|^=", s[0]) >= 0 {
		return token{kind: tokenWord, text: s[:1], word: s[:1]}, 1, nil
	}
	return token{}, 0, wrongAt(0, "unexpected character %q", []rune(s)[0])
}

// parseIPv4 reads two to four decimal numbers as the leading bytes of an
// address, and tells how many bits they are.
func parseIPv4(s string) (address uint32, bits int, ok bool) {
	parts := strings.Split(s, ".")
	for _, part := range parts {
		n, err := strconv.ParseUint(part, 10, 8)
		if err != nil {
			return 0, 0, false
		}
		address = address<<8 | uint32(n)
	}
	bits = 8 * len(parts)
	return address << (32 - bits), bits, true
}

func ipv6Words(address netip.Addr) [4]uint32 {
	b := address.As16()
	var words [4]uint32
	for i := range b {
		words[i/4] = words[i/4]<<8 | uint32(b[i])
	}
	return words
}
