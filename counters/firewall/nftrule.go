package firewall

import (
	"bytes"
	"encoding/binary"
	"fmt"

	"golang.org/x/sys/unix"

	"dropwatch/counters/internal/nldump"
)

func newReader() reader {
	return reader{names: names{}, chains: map[key]baseChain{}, counters: map[key]counts{}}
}

// decodeRule reads a rule.
func (r *reader) decodeRule(rule *Rule, data []byte) error {
	family, attributes, err := nftMessage(data)
	if err != nil {
		return err
	}
	*rule = Rule{System: NFTables, Family: familyName(family)}
	for attributes.Next() {
		body := attributes.Bytes()
		switch attributes.Type() {
		case unix.NFTA_RULE_TABLE:
			rule.Table = r.names.intern(body)
		case unix.NFTA_RULE_CHAIN:
			rule.Chain = r.names.intern(body)
		case unix.NFTA_RULE_HANDLE:
			rule.Handle, err = decodeHandle(body)
		case unix.NFTA_RULE_POSITION:
			rule.Position, err = decodeHandle(body)
		case unix.NFTA_RULE_USERDATA:
			if comment := userComment(body); comment != nil {
				rule.Comment = r.names.intern(comment)
			}
		case unix.NFTA_RULE_EXPRESSIONS:
			err = r.decodeExpressions(rule, body)
		}
		if err != nil {
			return fmt.Errorf("decode %v: %w", rule, err)
		}
	}
	if err := attributes.Err(); err != nil {
		return fmt.Errorf("decode %v: %w", rule, err)
	}
	if rule.Table == "" || rule.Chain == "" || rule.Handle == 0 {
		return fmt.Errorf("decode %v: table, chain or handle is missing", rule)
	}
	return nil
}

func decodeHandle(data []byte) (uint64, error) {
	if len(data) != 8 {
		return 0, fmt.Errorf("a handle has %d bytes", len(data))
	}
	return binary.BigEndian.Uint64(data), nil
}

// userComment finds the comment in what nft stores for itself with a rule:
// fields with a type, a length and a value. Other programs store what they
// like, which then is no comment.
func userComment(data []byte) []byte {
	const comment = 0 // NFTNL_UDATA_RULE_COMMENT
	for len(data) >= 2 {
		kind, length := data[0], int(data[1])
		if data = data[2:]; length > len(data) {
			return nil
		}
		if kind == comment {
			text, _, zero := bytes.Cut(data[:length], []byte{0})
			if !zero {
				return nil
			}
			return text
		}
		data = data[length:]
	}
	return nil
}

// decodeExpressions walks through what a rule does, in its order.
func (r *reader) decodeExpressions(rule *Rule, data []byte) error {
	list := nldump.Walk(data)
	for list.Next() {
		var name, body []byte
		attributes := nldump.Walk(list.Bytes())
		for attributes.Next() {
			switch attributes.Type() {
			case unix.NFTA_EXPR_NAME:
				name = attributes.Text()
			case unix.NFTA_EXPR_DATA:
				body = attributes.Bytes()
			}
		}
		if err := attributes.Err(); err != nil {
			return err
		}
		if err := r.expression(rule, name, body); err != nil {
			return fmt.Errorf("expression %q: %w", name, err)
		}
	}
	return list.Err()
}
