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
#define PROTO_SCTP 132
#define PROTO_UDPLITE 136
#define PROTO_DCCP 33
#define MAC_UNSET 0xffff
#define ETH_LEN 14

struct packet {
	unsigned char *head;
	__u32 start; /* of the data that skb->len counts, from head */
	__u32 network; /* of the network header, from head */
	__u32 tail;
	__u32 len; /* skb->len */
	__u32 length; /* from the network header on */
	__u32 transport_offset; /* from head, 0 if unknown */
	__u16 mac;
	__u16 protocol;
	__u8 transport;
	__u8 reset;
};

static __always_inline void packet_init(struct packet *p, struct sk_buff *skb)
{
	unsigned char *data = R(skb, data);

	p->head = R(skb, head);
	p->start = (unsigned long)data - (unsigned long)p->head;
	p->network = R(skb, network_header);
	p->mac = R(skb, mac_header);
	p->tail = R(skb, tail);
	p->len = R(skb, len);
	p->protocol = bpf_ntohs(R(skb, protocol));
	p->transport_offset = 0;
	p->transport = 0;
	p->reset = 0;
	/* A frame that a driver just handed over has no network header yet:
	 * its data starts there.
	 */
	if (p->network == 0 || (p->mac != MAC_UNSET && p->network <= p->mac))
		p->network = p->start;
	p->length = p->len + p->start - p->network;
	if (p->length > p->len + 4096 && p->network > p->start)
		p->length = p->len;
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

/* Where the transport header of an unfragmented packet begins; 0 if unknown. */
static __noinline __u32 ipv4_transport(unsigned char *head, __u32 network)
{
	__u8 ip[8];

	if (bpf_probe_read_kernel(ip, sizeof(ip), head + network))
		return 0;
	if ((ip[6] & 0x1f) | ip[7])
		return 0;
	return network + (ip[0] & 15) * 4;
}

static __noinline __u8 is_reset(unsigned char *head, __u32 transport, __u32 tail)
{
	__u8 flags = 0;

	if (!transport || transport + 14 > tail)
		return 0;
	bpf_probe_read_kernel(&flags, 1, head + transport + 13);
	return flags & 4;
}

static __always_inline void packet_transport(struct packet *p)
{
	unsigned char *network = p->head + p->network;

	if (p->protocol == ETH_P_IP) {
		if (p->network + 20 > p->tail)
			return;
		p->transport = C(network, struct iphdr, protocol);
		if (p->transport == PROTO_TCP)
			p->transport_offset = ipv4_transport(p->head, p->network);
	} else if (p->protocol == ETH_P_IPV6) {
		if (p->network + 40 > p->tail)
			return;
		p->transport = C(network, struct ipv6hdr, nexthdr);
		p->transport_offset = p->network + 40;
		if (p->transport == 0 || p->transport == 43 || p->transport == 44 || p->transport == 60) {
			__u32 found = skip_extensions(p->head, p->transport_offset, p->tail, p->transport);

			if (found) {
				p->transport = found & 0xff;
				p->transport_offset = found >> 8;
			}
		}
	}
	if (p->transport == PROTO_TCP)
		p->reset = is_reset(p->head, p->transport_offset, p->tail);
}

/* Wire packets in one buffer: offloads merge many. */
static __always_inline __u32 packet_segments(struct packet *p, struct sk_buff *skb)
{
	unsigned char *info = p->head + R(skb, end);
	__u32 size = C(info, struct skb_shared_info, gso_size);
	__u32 segments;

	if (!size)
		return 1;
	segments = C(info, struct skb_shared_info, gso_segs);
	/* buffers from a virtual machine may leave the number to us */
	return segments ?: (p->len + size - 1) / size;
}

static __noinline void packet_flow(struct packet *p, struct detail_key *key)
{
	__be16 ports[2] = {};

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
	if (p->protocol == ETH_P_IP && !p->transport_offset)
		p->transport_offset = ipv4_transport(p->head, p->network);
	if (!p->transport_offset || p->transport_offset + 4 > p->tail)
		return;
	if (p->transport == PROTO_TCP || p->transport == PROTO_UDP || p->transport == PROTO_SCTP ||
	    p->transport == PROTO_UDPLITE || p->transport == PROTO_DCCP) {
		bpf_probe_read_kernel(ports, 4, p->head + p->transport_offset);
		key->source_port = bpf_ntohs(ports[0]);
		key->destination_port = bpf_ntohs(ports[1]);
	}
}

#endif
