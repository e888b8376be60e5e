package pcapfilter

import (
	"fmt"
	"net/netip"
)

type tokenKind uint8

const (
	tokenEnd     tokenKind = iota
	tokenWord              // a keyword or an operator, in word
	tokenNumber            // in number
	tokenName              // anything else that looks like a word, or \word
	tokenIPv4              // two to four numbers with dots, in text
	tokenIPv6              // in address
	tokenStation           // an Ethernet address, in station
)

type token struct {
	kind    tokenKind
	offset  int
	text    string // as written; a name without its backslash
	word    string // the one spelling of a keyword that has several
	number  uint32
	address netip.Addr
	station [6]byte
}

func (t token) is(words ...string) bool {
	if t.kind != tokenWord {
		return false
	}
	for _, word := range words {
		if t.word == word {
			return true
		}
	}
	return false
}

func (t token) String() string {
	if t.kind == tokenEnd {
		return "the end"
	}
	return fmt.Sprintf("%q", t.text)
}

// isOperator tells whether a token continues an arithmetic expression.
func (t token) isOperator() bool {
	return t.is("+", "-", "*", "/", "%", "&", "|", "^", "<<", ">>")
}

func (t token) isRelation() bool {
	return t.is("=", "!=", "<", "<=", ">", ">=")
}
