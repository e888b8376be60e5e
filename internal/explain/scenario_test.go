package explain

import (
	"testing"

	"dropwatch/dropmon"
)

const (
	loss   = dropmon.Loss
	policy = dropmon.Policy
	peer   = dropmon.Peer
	proto  = dropmon.Proto
	benign = dropmon.Benign
)

func load(t testing.TB) *Base {
	t.Helper()
	b, err := Load()
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func v4(transport uint8, reason, function string, flags ...dropmon.Flags) Facts {
	f := Facts{Reason: reason, Function: function, Protocol: etherIPv4, Transport: transport}
	for _, flag := range flags {
		f.Flags |= flag
	}
	return f
}

func v6(transport uint8, reason, function string) Facts {
	return Facts{Reason: reason, Function: function, Protocol: etherIPv6, Transport: transport}
}

// TestScenarios judges drops that were made on purpose on Linux 6.18.
func TestScenarios(t *testing.T) {
	const none = "NOT_SPECIFIED"
	tests := []struct {
		name    string
		facts   Facts
		class   dropmon.Class
		counter string // the first one
	}{
		{"udp closed", v4(ipUDP, "NO_SOCKET", "__udp4_lib_rcv"), peer, "Udp.NoPorts"},
		{"udp closed 7.2", v4(ipUDP, "NO_SOCKET", "udp_rcv"), peer, "Udp.NoPorts"},
		{"tcp closed", v4(ipTCP, "NO_SOCKET", "tcp_v4_rcv"), peer, "Tcp.OutRsts"},
		{"tcp closed, the reset", v4(ipTCP, "NO_SOCKET", "tcp_v4_rcv", dropmon.FlagReset), benign, ""},
		{"nft", v4(ipUDP, "NETFILTER_DROP", "nft_do_chain"), policy, "Ip.OutDiscards"},
		{"iptables", v4(ipUDP, "NETFILTER_DROP", "nf_hook_slow"), policy, "Ip.OutDiscards"},
		{"rcvbuf", v4(ipUDP, "SOCKET_RCVBUFF", "udp_queue_rcv_one_skb"), loss, "Udp.RcvbufErrors"},
		{"close unread", v4(ipUDP, none, "udp_destruct_common"), benign, ""},
		{"udp checksum", v4(ipUDP, "UDP_CSUM", "__udp4_lib_rcv"), peer, "Udp.InCsumErrors"},
		{"udp checksum at read", v4(ipUDP, "UDP_CSUM", "udp_recvmsg"), peer, "Udp.InCsumErrors"},
		{"udp checksum at read 6.12", v4(ipUDP, none, "udp_recvmsg"), peer, "Udp.InCsumErrors"},
		{"tcp checksum", v4(ipTCP, "TCP_CSUM", "tcp_v4_rcv"), peer, "Tcp.InCsumErrors"},
		{"ip checksum", v4(ipUDP, "IP_CSUM", "ip_rcv_core"), peer, "Ip.InHdrErrors"},
		{"icmp checksum", v4(ipICMP, "ICMP_CSUM", "icmp_rcv"), peer, "Icmp.InCsumErrors"},
		{"bad ihl", v4(0, "IP_INHDR", "ip_rcv_core"), peer, "Ip.InHdrErrors"},
		{"total length", v4(ipUDP, "PKT_TOO_SMALL", "ip_rcv_core"), peer, "IpExt.InTruncatedPkts"},
		{"udp short", v4(ipUDP, "PKT_TOO_SMALL", "__udp4_lib_rcv"), peer, "Udp.InErrors"},
		{"ttl", v4(ipUDP, "IP_INHDR", "ip_forward"), proto, "Ip.InHdrErrors"},
		{"rp_filter", v4(ipUDP, "IP_RPFILTER", "ip_rcv_finish_core.isra.0"), policy, "TcpExt.IPReversePathFilter"},
		{"our source", v4(ipUDP, "IP_LOCAL_SOURCE", "ip_rcv_finish_core"), policy, "rt_cache.in_martian_src"},
		{"source 127", v4(ipUDP, "IP_LOCALNET", "ip_rcv_finish_core"), policy, "rt_cache.in_martian_src"},
		{"source multicast", v4(ipUDP, "IP_INVALID_SOURCE", "ip_rcv_finish_core"), peer, "rt_cache.in_martian_src"},
		{"no route", v4(ipUDP, "IP_INNOROUTES", "ip_error"), loss, "IpExt.InNoRoutes"},
		{"forwarding off", v4(ipUDP, "IP_INADDRERRORS", "ip_error"), policy, "Ip.InAddrErrors"},
		{"blackhole", v4(ipUDP, none, "ip_error"), policy, "rt_cache.in_no_route"},
		{"no neighbour", v4(ipUDP, "NEIGH_FAILED", "neigh_invalidate"), loss, "arp_cache.res_failed"},
		{"tbf", v4(ipUDP, "QDISC_DROP", "__dev_queue_xmit"), loss, "tc.dropped"},
		{"tbf 7.2", v4(ipUDP, "QDISC_DROP", "__tcf_kfree_skb_list"), loss, "tc.dropped"},
		{"qdisc deleted", v4(ipUDP, none, "__rtnl_unlock"), policy, ""},
		{"tc ingress", v4(ipUDP, "TC_INGRESS", "__netif_receive_skb_core.constprop.0"), policy, "tc.dropped"},
		{"tc egress", v4(ipUDP, "TC_EGRESS", "__dev_queue_xmit"), policy, "tc.dropped"},
		{"xdp on veth", v4(ipUDP, none, "veth_xdp_rcv_skb"), policy, "ethtool.xdp_drop"},
		{"xdp generic", v4(ipUDP, none, "do_xdp_generic"), policy, "ethtool.xdp_drop"},
		{"too big", v4(ipUDP, "PKT_TOO_BIG", "ip_forward"), proto, "Ip.FragFails"},
		{"final ack", v4(ipTCP, "TCP_LISTEN_OVERFLOW", "tcp_v4_rcv"), loss, "TcpExt.ListenOverflows"},
		{"ethertype", Facts{Reason: "UNHANDLED_PROTO", Function: "__netif_receive_skb_core", Protocol: 0x88b5}, proto, "link.rx_dropped"},
		{"ip protocol", v4(253, "IP_NOPROTO", "ip_local_deliver_finish"), peer, "Ip.InUnknownProtos"},
		{"other host", v4(ipUDP, "OTHERHOST", "ip_rcv_core"), benign, "link.rx_otherhost_dropped"},
		{"unknown vlan", v4(ipUDP, "OTHERHOST", "ip_rcv_core", dropmon.FlagOurMAC), policy, "link.rx_otherhost_dropped"},
		{"bridge port state", v4(ipUDP, "BRIDGE_INGRESS_STP_STATE", "br_handle_frame"), proto, ""},
		{"bridge no port", v4(ipUDP, "NO_TX_TARGET", "br_handle_frame_finish"), loss, ""},
		{"bridge mtu", v4(ipUDP, none, "br_dev_queue_push_xmit"), loss, ""},
		{"udp6 closed", v6(ipUDP, "NO_SOCKET", "__udp6_lib_rcv"), peer, "Udp6NoPorts"},
		{"udp6 rcvbuf", v6(ipUDP, "SOCKET_RCVBUFF", "udpv6_queue_rcv_one_skb"), loss, "Udp6RcvbufErrors"},
		{"udp6 checksum", v6(ipUDP, "UDP_CSUM", "__udp6_lib_rcv"), peer, "Udp6InCsumErrors"},
		{"tcp6 checksum", v6(ipTCP, "TCP_CSUM", "tcp_v6_rcv"), peer, "Tcp.InCsumErrors"},
		{"hop limit", v6(ipUDP, "IP_INHDR", "ip6_forward"), proto, "Ip6InHdrErrors"},
		{"no route 6", v6(ipUDP, "IP_INNOROUTES", "ip6_pkt_discard"), loss, "Ip6InNoRoutes"},
		{"blackhole 6", v6(ipUDP, none, "dst_discard_out"), policy, ""},
		{"too big 6", v6(ipUDP, "PKT_TOO_BIG", "ip6_forward"), proto, "Ip6InTooBigErrors"},
		{"no neighbour 6", v6(ipUDP, none, "neigh_invalidate"), loss, "ndisc_cache.res_failed"},
		{"socket filter", v4(ipUDP, "SOCKET_FILTER", "udp_queue_rcv_one_skb"), policy, "Udp.InErrors"},
		{"peer down", v4(ipUDP, "QDISC_DROP", "__dev_queue_xmit", dropmon.FlagLinkDown), loss, "link.tx_dropped"},
		{"bad sequence", v4(ipTCP, "TCP_INVALID_SEQUENCE", "tcp_validate_incoming"), peer, "TcpExt.BeyondWindow"},
		{"broadcast nobody wants", v4(ipUDP, none, "__udp4_lib_rcv", dropmon.FlagBroadcast), proto, "Udp.IgnoredMulti"},
		{"multicast not joined", v4(ipUDP, none, "ip_rcv_finish_core", dropmon.FlagMulticast), benign, ""},
	}
	b := load(t)
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			v := b.Classify(tt.facts)
			if v.Class != tt.class || !v.Known || v.Fragments {
				t.Errorf("class %s, known %t, fragments %t, want known %s: %s", v.Class, v.Known, v.Fragments, tt.class, v.Cause)
			}
			first := ""
			if len(v.Counters) > 0 {
				first = v.Counters[0]
			}
			if first != tt.counter {
				t.Errorf("first counter %q, want %q", first, tt.counter)
			}
		})
	}
}

// TestHealthyTraffic lists what TCP, UDP and ping that work well make the
// kernel report: nothing of it may look like a drop.
func TestHealthyTraffic(t *testing.T) {
	tests := []Facts{
		v4(ipTCP, "QUEUE_PURGE", "sk_stream_kill_queues"),
		v4(ipTCP, "NOT_SPECIFIED", "tcp_v4_rcv", dropmon.FlagTimeWait),
		{Reason: "NOT_SPECIFIED", Function: "tcp_v6_rcv", Protocol: etherIPv6, Transport: ipTCP, Flags: dropmon.FlagTimeWait},
		v4(ipICMP, "NO_SOCKET", "ping_rcv"),
		v6(ipICMPv6, "NO_SOCKET", "ping_rcv"),
		{Reason: "NO_SOCKET", Function: "ping_rcv"},
		v4(ipTCP, "NO_SOCKET", "tcp_v4_rcv", dropmon.FlagReset),
		v4(ipTCP, "TCP_OLD_DATA", "tcp_data_queue"),
		v4(ipTCP, "TCP_OLD_SEQUENCE", "tcp_validate_incoming"), // keepalive probes
		v4(ipTCP, "TCP_ABORT_ON_DATA", "tcp_rcv_state_process"),
		v4(ipUDP, "NOT_SPECIFIED", "udp_destruct_common"),
		v6(ipICMPv6, "NOT_SPECIFIED", "ip6_mc_input"),
		{Reason: "SOCKET_CLOSE", Function: "unix_release_sock"},
		{Reason: "NOT_SPECIFIED", Function: "netif_napi_add_weight_locked"},
		{Reason: "NOT_SPECIFIED", Function: "__rtnl_unlock"},
		{Function: "__rtnl_unlock"},
		{Reason: "NOT_SPECIFIED", Function: "nfnetlink_rcv_batch"},
		{Reason: "NOT_SPECIFIED", Function: "some_function_nobody_knows"},
		{Reason: "NOT_SPECIFIED"},
	}
	b := load(t)
	for _, f := range tests {
		if v := b.Classify(f); v.Class != benign || !v.Known {
			t.Errorf("%+v is %s (%s), want benign", f, v.Class, v.Cause)
		}
	}
}

func TestFragments(t *testing.T) {
	b := load(t)
	for _, reason := range []string{"NOT_SPECIFIED", "", "NETFILTER_DROP"} {
		v := b.Classify(v4(ipUDP, reason, "skb_release_data"))
		if !v.Fragments || v.Class != benign {
			t.Errorf("reason %q: fragments %t, class %s", reason, v.Fragments, v.Class)
		}
	}
}

// TestHints judges drops of sources without reasons.
func TestHints(t *testing.T) {
	tests := []struct {
		function string
		flags    dropmon.Flags
		class    dropmon.Class
		reason   string
	}{
		{"nf_hook_slow", 0, policy, "NETFILTER_DROP"},
		{"__udp4_lib_rcv", 0, peer, "NO_SOCKET"},
		{"__udp4_lib_rcv", dropmon.FlagBroadcast, proto, ""},
		{"__udp_queue_rcv_skb", 0, loss, "SOCKET_RCVBUFF"},
		{"tcp_v4_rcv", 0, peer, "NO_SOCKET"},
		{"tcp_v4_rcv", dropmon.FlagTimeWait, benign, ""},
		{"tcp_data_queue", 0, proto, ""},
		{"ip_rcv_core.constprop.0", 0, peer, ""},
		{"ip_rcv_finish", 0, policy, "IP_RPFILTER"},
		{"ip_error", 0, loss, "IP_INNOROUTES"},
		{"ip_forward", 0, proto, ""},
		{"__netif_receive_skb_core", 0, proto, "UNHANDLED_PROTO"},
		{"enqueue_to_backlog", 0, loss, "CPU_BACKLOG"},
		{"kfree_skb_list", 0, loss, "QDISC_DROP"},
		{"sch_direct_xmit.cold", 0, loss, "QDISC_DROP"},
		{"arp_error_report", 0, loss, "NEIGH_FAILED"},
		{"tpacket_rcv", 0, benign, "PACKET_SOCK_ERROR"},
		{"icmp_rcv", 0, peer, ""},
		{"virtio_transport_recv_pkt", 0, benign, ""},
		{"tun_net_xmit", 0, loss, "FULL_RING"},
		{"do_xdp_generic.part.0", 0, policy, "XDP"},
		{"net_tx_action", 0, loss, ""},
		{"dev_gro_receive", 0, loss, ""},
	}
	b := load(t)
	for _, tt := range tests {
		v := b.Classify(Facts{Function: tt.function, Flags: tt.flags})
		if v.Class != tt.class || v.Reason != tt.reason || !v.Known || v.Cause == "" || v.Advice == "" {
			t.Errorf("%s: %s %q (known %t, %q), want %s %q", tt.function, v.Class, v.Reason, v.Known, v.Cause, tt.class, tt.reason)
		}
	}
}

// TestUnknown holds that nothing unknown looks harmless.
func TestUnknown(t *testing.T) {
	tests := []struct {
		name  string
		facts Facts
		class dropmon.Class
		cause string
	}{
		{"no reason, no rule", v4(ipUDP, "NOT_SPECIFIED", "new_function"), loss,
			"The kernel gave no reason for this drop in function new_function."},
		{"no reason, no function", v4(ipUDP, "", ""), loss,
			"The kernel gave no reason for this drop in an unknown function."},
		{"source without protocols", Facts{Function: "new_function"}, loss,
			"The kernel gave no reason for this drop in function new_function."},
		{"new reason", v4(ipUDP, "NEW_REASON", "f"), loss,
			"The kernel names reason NEW_REASON in function f; it is newer than this knowledge base."},
		{"new subsystem", Facts{Reason: "R", Subsystem: "moon", Function: "f"}, loss,
			"Subsystem moon dropped it for reason R in function f; no more is known."},
		{"new reason of openvswitch", Facts{Reason: "OVS_DROP_NEW", Subsystem: "openvswitch"}, policy,
			"Open vSwitch dropped it; the reason is newer than this knowledge base."},
		{"new reason of mac80211", Facts{Reason: "RX_DROP_U_NEW", Subsystem: "mac80211_unusable"}, loss,
			"The wireless stack dropped a received frame (RX_DROP_*): bad key, replay, unauthorised port or duplicate."},
	}
	b := load(t)
	for _, tt := range tests {
		v := b.Classify(tt.facts)
		if v.Class != tt.class || v.Known || v.Cause != tt.cause {
			t.Errorf("%s: %s, known %t, %q, want %s, %q", tt.name, v.Class, v.Known, v.Cause, tt.class, tt.cause)
		}
	}
}

func TestSubsystems(t *testing.T) {
	b := load(t)
	for _, f := range []Facts{
		{Subsystem: "openvswitch", Reason: "OVS_DROP_METER"},
		{Subsystem: "openvswitch", Reason: "METER"},
		{Subsystem: "mac80211_unusable", Reason: "RX_DROP_U_MIC_FAIL"},
		{Subsystem: "mac80211", Reason: "___RX_DROP_U_MIC_FAIL"},
		{Subsystem: "qdisc", Reason: "QDISC_DROP_OVERLIMIT"},
		{Subsystem: "core", Reason: "SKB_DROP_REASON_NO_SOCKET"},
	} {
		if v := b.Classify(f); !v.Known {
			t.Errorf("%+v is unknown", f)
		}
	}
}
