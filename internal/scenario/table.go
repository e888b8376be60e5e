package scenario

import (
	"slices"
)

// All returns the table of scenarios, in an order without meaning.
func All() []Scenario {
	var all []Scenario
	for _, f := range families() {
		all = append(all, udpScenarios(f)...)
		all = append(all, udpErrorScenarios(f)...)
		all = append(all, tcpScenarios(f)...)
		all = append(all, establishedScenarios(f)...)
		all = append(all, listenScenarios(f)...)
		all = append(all, icmpScenarios(f)...)
		all = append(all, headerScenarios(f)...)
		all = append(all, addressScenarios(f)...)
		all = append(all, routeScenarios(f)...)
		all = append(all, sizeScenarios(f)...)
		all = append(all, fragmentScenarios(f)...)
		all = append(all, neighbourScenarios(f)...)
		all = append(all, nftScenarios(f)...)
		all = append(all, iptablesScenarios(f)...)
		all = append(all, offloadScenarios(f)...)
	}
	all = append(all, frameScenarios()...)
	all = append(all, qdiscScenarios()...)
	all = append(all, programScenarios()...)
	all = append(all, deviceScenarios()...)
	all = append(all, bridgeScenarios()...)
	all = append(all, captureScenarios()...)
	all = append(all, unixScenarios()...)
	for i, s := range all {
		if slices.Contains(s.Needs, IPv6) {
			all[i].Want = append(slices.Clip(s.Want), tookError("ab"), tookError("lo"))
		}
	}
	return all
}

// tookError is an ICMPv6 error that the sender of the packets got and heeded:
// old kernels, 6.1 among them, release that as if it were dropped.
func tookError(dev string) Want {
	return Want{
		Reason: unspecified, Symbols: []string{"icmpv6_rcv"}, Node: A, Interface: dev,
		Protocol: ipv6().ether, Transport: ipv6().icmp, AtLeast: true, Until: "6.12",
	}
}
