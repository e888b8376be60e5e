/* SPDX-License-Identifier: MIT */
/* Dropped packets as Ethernet frames, for the packet filter that user space
 * translates and puts in place of packet_filter.
 */
#ifndef DROPWATCH_FRAME_H
#define DROPWATCH_FRAME_H

#include <bpf/bpf_endian.h>

#include "kernel.h"
#include "packet.h"
#include "read.h"
#include "record.h"

#define FRAME_BYTES 256
#define FRAME_HEADER 18 /* the longest that we make up: two addresses, tag, type */

#define FRAME_REJECTED 0
#define FRAME_ACCEPTED 1
#define FRAME_UNDECIDED 2
#define FRAME_ENDED (1ULL << 32) /* frame_load gives a verdict, not a field */

#define ARPHRD_ETHER 1
#define ARPHRD_LOOPBACK 772 /* with an Ethernet header, too */
#define ETH_P_8021Q 0x8100

/* The translated filter knows these offsets: internal/bpf/filter.go. */
struct frame {
	__u64 address; /* where byte 0 would be: right from the bytes behind data on */
	__u32 length; /* of the whole frame */
	__u32 linear; /* bytes that can be read; the others lie in pages elsewhere */
	__u32 copied; /* bytes of them in data */
	__u32 depth; /* of the first frame only: frames in use on this CPU */
	__u64 buffer; /* address of the sk_buff */
	__u64 device; /* and of the net_device, or 0 */
	__u8 data[FRAME_BYTES + FRAME_HEADER];
};

/* An entry for a drop in a task, and for those in interrupts on top of it. User
 * space makes room for more than one where there is a filter.
 */
struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct frame);
} frames SEC(".maps");

/* For fields that are not among the copied bytes, and all indexed ones of a long
 * filter. Global functions are verified once, however often they are called.
 */
__weak __u64 frame_load(__u32 level, __u64 offset, __u32 size)
{
	struct frame *f = bpf_map_lookup_elem(&frames, &level);
	const void *from;
	__be32 value = 0;

	if (!f || size > sizeof(value))
		return FRAME_ENDED | FRAME_UNDECIDED;
	if (offset + size > f->length)
		return FRAME_ENDED | FRAME_REJECTED; /* as classic BPF has it */
	from = (void *)(f->address + offset);
	if (offset < FRAME_BYTES && offset + size <= f->copied)
		from = f->data + offset;
	if (offset + size > f->linear || bpf_probe_read_kernel(&value, size, from))
		return FRAME_ENDED | FRAME_UNDECIDED;
	return bpf_ntohl(value) >> (32 - 8 * size) % 32;
}

__weak int packet_filter(__u32 level)
{
	return frame_load(level, 0, 1); /* keeps the function */
}

/* The buffer is known by its address only, from here on. */
#define S(skb, field) C(skb, struct sk_buff, field)

static __always_inline int is_tagged(struct sk_buff *skb, __be16 protocol, __u16 tag)
{
	if (bpf_core_field_exists(skb->vlan_present))
		return BPF_CORE_READ_BITFIELD_PROBED(skb, vlan_present);
	return protocol || tag;
}

static __always_inline int is_ethernet(struct net_device *dev)
{
	__u16 type;

	if (!dev)
		return 1; /* unknown: then the header decides */
	type = C(dev, struct net_device, type);
	return type == ARPHRD_ETHER || type == ARPHRD_LOOPBACK;
}

/* The EtherType of a packet without a link header. Not all have got their
 * protocol yet; what has no network header either is no packet.
 */
static __always_inline __u16 type_of(struct packet *p, struct sk_buff *skb)
{
	__u8 first = 0;

	if (p->protocol || !S(skb, network_header))
		return p->protocol;
	bpf_probe_read_kernel(&first, 1, p->head + p->network);
	if (first >> 4 == 4)
		return ETH_P_IP;
	return first >> 4 == 6 ? ETH_P_IPV6 : 0;
}

static __always_inline void put16(__u8 *to, __u16 value)
{
	to[0] = value >> 8;
	to[1] = value;
}

/* Writes what comes before the bytes of the buffer: with its own link header
 * only a tag that is kept apart, else a header with addresses of zeros. Returns
 * the length of that.
 */
static __always_inline __u32 frame_header(struct frame *f, struct packet *p, struct sk_buff *skb, int linked)
{
	__be16 protocol = S(skb, vlan_proto);
	__u16 tag = S(skb, vlan_tci), type;
	int tagged = is_tagged(skb, protocol, tag);

	if (tagged) {
		put16(f->data + 12, protocol ? bpf_ntohs(protocol) : ETH_P_8021Q);
		put16(f->data + 14, tag);
	}
	if (linked) {
		if (tagged)
			bpf_probe_read_kernel(f->data, 12, p->head + p->mac);
		return tagged ? 16 : 0;
	}
	type = type_of(p, skb);
	if (!type)
		return 0;
	__builtin_memset(f->data, 0, 12);
	put16(f->data + (tagged ? 16 : 12), type);
	return tagged ? 18 : 14;
}

/* Copies the beginning of a packet. Returns 0 for what is none. */
static __always_inline int frame_fill(struct frame *f, __u32 copy)
{
	struct sk_buff *skb = (void *)f->buffer;
	struct packet p;
	__u32 begin, header, rest;
	int linked;

	p.head = S(skb, head);
	p.network = S(skb, network_header);
	p.mac = S(skb, mac_header);
	p.tail = S(skb, tail);
	p.protocol = bpf_ntohs(S(skb, protocol));
	packet_place(&p, (unsigned long)S(skb, data) - (unsigned long)p.head, S(skb, len));
	/* the same bytes that an event has */
	linked = p.mac != MAC_UNSET && p.mac < p.network && p.network - p.mac >= ETH_LEN &&
		 p.network - p.mac <= 64 && is_ethernet((void *)f->device);
	header = frame_header(f, &p, skb, linked);
	if (!header && !linked)
		return 0;
	begin = p.network;
	if (linked)
		begin = p.mac + (header ? 12 : 0);
	f->length = p.length + p.network - begin + header;
	rest = p.tail > begin ? p.tail - begin : 0;
	f->linear = rest + header < f->length ? rest + header : f->length;
	f->copied = f->linear < copy ? f->linear : copy;
	f->address = (__u64)(p.head + begin) - header;
	rest = f->copied > header ? f->copied - header : 0;
	if (header > FRAME_HEADER || rest > FRAME_BYTES)
		return 0;
	bpf_probe_read_kernel(f->data + header, rest, p.head + begin);
	return 1;
}

/* Asks the filter about the buffer of a level. A global function, too: many ways
 * lead here.
 */
__weak int frame_verdict(__u32 level, __u32 copy)
{
	struct frame *f = bpf_map_lookup_elem(&frames, &level);

	if (!f)
		return FRAME_UNDECIDED;
	if (!frame_fill(f, copy))
		return FRAME_REJECTED;
	return packet_filter(level);
}

#endif
