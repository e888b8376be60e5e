package main

import (
	"errors"
	"fmt"
	"net"
	"strconv"
	"strings"

	"dropwatch/internal/scenario"
)

// The ends of the wire and the rule that drops, as the lab names them.
const (
	senderLink   = "ab"
	receiverLink = "ba"
	port         = 9
)

// A lab is a sender and a receiver joined by a wire. On this wire the receiver
// works on the time of the sending thread, so that the time of that thread is
// the whole cost of a packet.
type lab struct {
	*scenario.Lab
	floods []*flood
}

func newLab() (_ *lab, err error) {
	wired, err := scenario.New(scenario.Options{})
	if err != nil {
		return nil, err
	}
	l := &lab{Lab: wired}
	defer func() {
		if err != nil {
			err = errors.Join(err, l.Close())
		}
	}()
	for _, line := range []string{
		"nft add table ip bench",
		"nft 'add chain ip bench input { type filter hook input priority 0; }'",
		fmt.Sprintf("nft add rule ip bench input udp dport %d counter drop", port),
	} {
		if _, err := l.Run(scenario.B, line); err != nil {
			return nil, err
		}
	}
	receiver, addresses, err := l.receiver()
	if err != nil {
		return nil, err
	}
	err = l.Do(scenario.A, func() error {
		nft, err := openNft(addresses)
		if err != nil {
			return err
		}
		l.floods = append(l.floods, nft)
		raw, err := openRaw(receiver.HardwareAddr)
		if err != nil {
			return err
		}
		l.floods = append(l.floods, raw)
		return nil
	})
	return l, err
}

// receiver looks up where the packets go.
func (l *lab) receiver() (link *net.Interface, address net.IP, err error) {
	err = l.Do(scenario.B, func() error {
		if link, err = net.InterfaceByName(receiverLink); err != nil {
			return err
		}
		addresses, err := link.Addrs()
		if err != nil {
			return err
		}
		for _, a := range addresses {
			if prefix, ok := a.(*net.IPNet); ok && prefix.IP.To4() != nil {
				address = prefix.IP.To4()
				return nil
			}
		}
		return fmt.Errorf("interface %s has no IPv4 address", receiverLink)
	})
	return link, address, err
}

// ruleCount is what the rule itself has counted.
func (l *lab) ruleCount() (uint64, error) {
	text, err := l.Run(scenario.B, "nft list chain ip bench input")
	if err != nil {
		return 0, err
	}
	return ruleCount(text)
}

// ruleCount finds "counter packets N" in the listing of a chain.
func ruleCount(listing string) (uint64, error) {
	_, after, _ := strings.Cut(listing, "counter packets ")
	digits, _, _ := strings.Cut(after, " ")
	n, err := strconv.ParseUint(digits, 10, 64)
	if err != nil {
		return 0, fmt.Errorf("find the rule's counter in %q", listing)
	}
	return n, nil
}

func (l *lab) Close() error {
	var errs []error
	for _, f := range l.floods {
		errs = append(errs, f.close())
	}
	l.floods = nil
	return errors.Join(append(errs, l.Lab.Close())...)
}
