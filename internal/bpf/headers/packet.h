/* SPDX-License-Identifier: MIT */
/* What can be read from a packet that may be damaged: every read stays inside
 * the linear part of the buffer.
 */
#ifndef DROPWATCH_PACKET_H
#define DROPWATCH_PACKET_H

#include <bpf/bpf_endian.h>

#include "kernel.h"
#include "read.h"
#include "record.h"

#define ETH_P_IP 0x0800
#define ETH_P_IPV6 0x86dd
#define PROTO_TCP 6
#define PROTO_UDP 17
#define PROTO_ICMPV6 58
#define PROTO_SCTP 132
#define PROTO_UDPLITE 136
#define PROTO_DCCP 33
#define MAC_UNSET 0xffff
#define ETH_LEN 14

struct packet {
	unsigned char *head;
	__u32 network; /* of the network header, from head */
	__u32 tail; /* end of the linear part, from head */
	__u32 length; /* from the network header on */
	__u16 mac; /* of the link-layer header, from head */
	__u16 protocol;
};

/* Where the packet is in a buffer whose data starts at start, from head. */
static __always_inline void packet_place(struct packet *p, __u32 start, __u32 len)
{
	/* A frame that a driver just handed over has no network header yet:
	 * its data starts there.
	 */
	if (p->network == 0 || (p->mac != MAC_UNSET && p->network <= p->mac))
		p->network = start;
	p->length = len + start - p->network;
	if (p->network > start + len)
		p->length = len;
}

static __always_inline void packet_init(struct packet *p, struct sk_buff *skb)
{
	__u32 start, len = R(skb, len);

	p->head = R(skb, head);
	start = (unsigned long)R(skb, data) - (unsigned long)p->head;
	p->network = R(skb, network_header);
	p->mac = R(skb, mac_header);
	p->tail = R(skb, tail);
	p->protocol = bpf_ntohs(R(skb, protocol));
	packet_place(p, start, len);
}

/* IPv6 extension headers that a plain first look may meet. */
static __noinline __u32 skip_extensions(unsigned char *head, __u32 offset, __u32 tail, __u8 next)
{
	for (int i = 0; i < 4; i++) {
		__u8 bytes[2];

		if (next != 0 && next != 43 && next != 44 && next != 60)
			break;
		if (offset + 8 > tail || bpf_probe_read_kernel(bytes, 2, head + offset))
			return 0;
		offset += next == 44 ? 8 : (bytes[1] + 1) * 8;
		next = bytes[0];
	}
	return offset << 8 | next;
}

/* Where the transport header is, from head, and in the low byte its protocol; 0
 * if unknown. Only the first fragment of a packet has one.
 */
static __noinline __u32 find_transport(struct packet *p)
{
	__u8 ip[10];

	if (p->protocol == ETH_P_IPV6) {
		if (p->network + 40 > p->tail || bpf_probe_read_kernel(ip, 8, p->head + p->network))
			return 0;
		return skip_extensions(p->head, p->network + 40, p->tail, ip[6]);
	}
	if (p->protocol != ETH_P_IP || p->network + 20 > p->tail ||
	    bpf_probe_read_kernel(ip, 10, p->head + p->network) || (ip[6] & 0x1f) | ip[7])
		return 0;
	return (p->network + (ip[0] & 15) * 4) << 8 | ip[9];
}

/* The IP protocol, and FLAG_RESET above it for a TCP segment with RST. Reads the
 * packet again, which keeps the fast path short.
 */
static __noinline __u32 look_closer(struct sk_buff *skb, __u32 transport)
{
	struct packet p;
	__u32 found, offset;
	__u8 flags;

	packet_init(&p, skb);
	found = find_transport(&p);
	offset = found >> 8;
	if (!found)
		return transport;
	if ((found & 0xff) == PROTO_TCP && offset + 14 <= p.tail &&
	    !bpf_probe_read_kernel(&flags, 1, p.head + offset + 13) && flags & 4)
		return PROTO_TCP | FLAG_RESET << 8;
	return found & 0xff;
}

/* Protocols to look closer at: TCP, and the extension headers of IPv6. */
#define CLOSER (1ULL << 0 | 1ULL << PROTO_TCP | 1ULL << 43 | 1ULL << 44 | 1ULL << 60)

/* The IP protocol and flags of a packet, as look_closer. */
static __always_inline __u32 packet_transport(struct packet *p, struct sk_buff *skb)
{
	__u32 header, place, transport;

	if (p->protocol == ETH_P_IP) {
		header = 20;
		place = 9;
	} else if (p->protocol == ETH_P_IPV6) {
		header = 40;
		place = 6;
	} else {
		return 0;
	}
	if (p->network + header > p->tail)
		return 0;
	transport = C(p->head + p->network + place, struct icmphdr, type);
	if (transport == PROTO_UDP || transport > 60 || !(CLOSER >> transport & 1))
		return transport;
	return look_closer(skb, transport);
}

/* Wire packets in one buffer beyond the first: offloads merge many. */
static __always_inline __u32 packet_segments(struct packet *p, struct sk_buff *skb)
{
	unsigned char *info = p->head + R(skb, end);
	__u32 size = C(info, struct skb_shared_info, gso_size);
	__u32 segments;

	if (!size)
		return 0;
	segments = C(info, struct skb_shared_info, gso_segs);
	/* buffers from a virtual machine may leave the number to us */
	return (segments ?: (p->length + size - 1) / size) - 1;
}

static __noinline void packet_flow(struct packet *p, struct detail_key *key)
{
	__be16 ports[2] = {};
	__u32 found, transport;

	if (p->tail < p->network)
		return;
	if (p->protocol == ETH_P_IP) {
		if (p->tail - p->network < 20)
			return;
		/* as IPv4-mapped addresses */
		key->source[10] = key->source[11] = 0xff;
		key->destination[10] = key->destination[11] = 0xff;
		bpf_probe_read_kernel(key->source + 12, 4, p->head + p->network + 12);
		bpf_probe_read_kernel(key->destination + 12, 4, p->head + p->network + 16);
	} else if (p->protocol == ETH_P_IPV6) {
		if (p->tail - p->network < 40)
			return;
		bpf_probe_read_kernel(key->source, 16, p->head + p->network + 8);
		bpf_probe_read_kernel(key->destination, 16, p->head + p->network + 24);
	}
	found = find_transport(p);
	transport = found & 0xff;
	if (!found || (found >> 8) + 4 > p->tail)
		return;
	if (transport == PROTO_TCP || transport == PROTO_UDP || transport == PROTO_SCTP ||
	    transport == PROTO_UDPLITE || transport == PROTO_DCCP) {
		bpf_probe_read_kernel(ports, 4, p->head + (found >> 8));
		key->source_port = bpf_ntohs(ports[0]);
		key->destination_port = bpf_ntohs(ports[1]);
	}
}

#endif
