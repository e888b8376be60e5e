package pcapfilter

import "strings"

// keywords maps each keyword to the spelling by which the parser knows it.
var keywords = spellings(`
dst src host net mask port portrange proto protochain gateway
ether=link ether=ether ether=ppp ether=slip ether=fddi ether=tr ether=wlan
ip ip6 arp rarp atalk aarp decnet lat sca moprc mopdl iso stp ipx netbeui radio
tcp udp sctp icmp icmp6 igmp igrp pim vrrp carp ah esp
esis esis=es-is isis isis=is-is clnp l1 l2 iih lsp snp csnp psnp
type subtype dir dir=direction ra ta
addr1 addr1=address1 addr2 addr2=address2 addr3 addr3=address3 addr4 addr4=address4
less greater byte broadcast multicast len len=length
and or not inbound outbound ifindex
vlan mpls pppoed pppoes geneve llc
lane metac bcc oam oamf4 oamf4ec oamf4sc sc ilmic vpi vci connectmsg metaconnect
ifname=on ifname rset rset=ruleset rnr rnr=rulenum srnr srnr=subrulenum reason action
fisu lssu lssu=lsu msu hfisu hlssu hmsu sio opc dpc sls hsio hopc hdpc hsls
`)

func spellings(list string) map[string]string {
	words := make(map[string]string)
	for _, entry := range strings.Fields(list) {
		known, written, both := strings.Cut(entry, "=")
		if !both {
			written = known
		}
		words[written] = known
	}
	return words
}

// protocols are the keywords that name a protocol, alone or before others.
var protocols = spellings(`
ether ip ip6 arp rarp atalk aarp decnet lat sca moprc mopdl iso stp ipx netbeui radio
tcp udp sctp icmp icmp6 igmp igrp pim vrrp carp ah esp
esis isis clnp l1 l2 iih lsp snp csnp psnp
`)

// foreign are the keywords about links that are neither Ethernet nor raw IP,
// and about what is known of a packet beside its bytes.
var foreign = map[string]string{
	"inbound":  "the direction of a packet is not in its frame",
	"outbound": "the direction of a packet is not in its frame",
	"ifindex":  "the interface of a packet is not in its frame",
	"ifname":   "there are no packet filter logs here",
	"rset":     "there are no packet filter logs here",
	"rnr":      "there are no packet filter logs here",
	"srnr":     "there are no packet filter logs here",
	"reason":   "there are no packet filter logs here",
	"action":   "there are no packet filter logs here",
	"type":     "there are no 802.11 headers here",
	"subtype":  "there are no 802.11 headers here",
	"dir":      "there are no 802.11 headers here",
	"radio":    "there are no 802.11 headers here",
	"addr1":    "there are no 802.11 headers here",
	"addr2":    "there are no 802.11 headers here",
	"addr3":    "there are no 802.11 headers here",
	"addr4":    "there are no 802.11 headers here",
	"ra":       "there are no 802.11 headers here",
	"ta":       "there are no 802.11 headers here",
	"geneve":   "not supported; filter the outer packet, as with udp dst port 6081",
	"gateway":  "it needs names looked up; use ether host ADDRESS and not host ADDRESS",
}

// foreignReason says why a keyword is of no use here, or nothing if it is.
func foreignReason(word string) string {
	if reason := foreign[word]; reason != "" {
		return reason
	}
	for _, atm := range strings.Fields("lane metac bcc oam oamf4 oamf4ec oamf4sc sc ilmic vpi vci connectmsg metaconnect") {
		if word == atm {
			return "there is no ATM here"
		}
	}
	for _, ss7 := range strings.Fields("fisu lssu msu hfisu hlssu hmsu sio opc dpc sls hsio hopc hdpc hsls") {
		if word == ss7 {
			return "there is no SS7 here"
		}
	}
	return ""
}
