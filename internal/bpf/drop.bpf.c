//go:build ignore
/* SPDX-License-Identifier: MIT */
/* Counts dropped packets at the tracepoint skb:kfree_skb, in per-CPU memory
 * that user space maps, and sends a few of them, or all, as events.
 */
#include <linux/bpf.h>

#include <bpf/bpf_helpers.h>

#include "kernel.h"
#include "record.h"
#include "read.h"
#include "packet.h"
#include "owner.h"
#include "frame.h"

char _license[] SEC("license") = "Dual MIT/GPL";

const volatile struct drop_settings settings = {};

/* One entry for each CPU; user space sets the number. */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(map_flags, BPF_F_MMAPABLE);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct drop_slots);
} slots SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(map_flags, BPF_F_MMAPABLE);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct drop_misses);
} misses SEC(".maps");

/* Groups with a detailed key, and plain groups that found no slot. */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 4096);
	__type(key, struct detail_key);
	__type(value, struct drop_count);
} details SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 1 << 18);
} events SEC(".maps");

/* The second that the rate limit is in, and events sent in it. */
struct rate {
	__u64 second;
	__u64 sent;
};

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct rate);
} rates SEC(".maps");

/* Why a queueing discipline refused a buffer, until kfree_skb reports that
 * same buffer. User space sets the size where the kernel tells.
 */
struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, 1);
	__type(key, __u64);
	__type(value, __u32);
} refusals SEC(".maps");

struct drop {
	void *ctx;
	struct sk_buff *skb;
	struct sock *rx_sk;
	struct packet packet;
	union {
		struct drop_key key;
		__u64 words[3]; /* of key, little endian */
	};
	__u32 tick;
	__u32 segments;
};

/* User space turns jiffies into time. Reading a clock would cost as much as
 * the rest of the counting.
 */
static __always_inline __u32 tick_now(void)
{
	return bpf_jiffies64();
}

/* Any drop may be one where the kernel gives no reasons. */
static __always_inline int is_queue_drop(__u32 reason)
{
	if (!bpf_core_enum_value_exists(enum skb_drop_reason, SKB_DROP_REASON_QDISC_DROP))
		return 1;
	return reason == bpf_core_enum_value(enum skb_drop_reason, SKB_DROP_REASON_QDISC_DROP);
}

static __always_inline struct drop_misses *misses_here(void)
{
	__u32 cpu = bpf_get_smp_processor_id();

	return bpf_map_lookup_elem(&misses, &cpu);
}

/* What user space asked for and what can be decided before anything is
 * counted. An interface that is known by its number only passes: user space
 * finds its name and decides.
 */
static __always_inline int wanted(__u32 reason, __u32 netns, struct net_device *dev)
{
	int found;

	if (settings.reason_count) {
		found = 0;
		for (int i = 0; i < FILTER_MAX; i++)
			if (i < settings.reason_count && settings.reason[i] == reason)
				found = 1;
		if (!found)
			return 0;
	}
	if (settings.netns_count) {
		found = 0;
		for (int i = 0; i < FILTER_MAX; i++)
			if (i < settings.netns_count && settings.netns[i] == netns)
				found = 1;
		if (!found)
			return 0;
	}
	if (settings.interface_count && dev) {
		__u64 name[2] = {};

		found = 0;
		bpf_core_read(name, sizeof(name), &dev->name);
		for (int i = 0; i < FILTER_MAX; i++)
			if (i < settings.interface_count && settings.interface[i][0] == name[0] &&
			    settings.interface[i][1] == name[1])
				found = 1;
		return found;
	}
	return 1;
}

/* Shows the packet filter a dropped packet as a frame. What it cannot decide is
 * not counted among the drops, but counted.
 */
static __noinline int frame_wanted(struct sk_buff *skb, struct net_device *dev)
{
	__u32 zero = 0, level;
	struct frame *first = bpf_map_lookup_elem(&frames, &zero), *frame;
	int verdict = FRAME_UNDECIDED;
	struct drop_misses *m;

	if (!first)
		return 0;
	level = first->depth;
	frame = bpf_map_lookup_elem(&frames, &level);
	if (frame) {
		first->depth = level + 1;
		frame->buffer = (__u64)skb;
		frame->device = (__u64)dev;
		verdict = frame_verdict(level, settings.frame_copy);
		first->depth = level;
	}
	if (verdict == FRAME_UNDECIDED) {
		m = misses_here();
		if (m)
			m->undecided++;
	}
	return verdict == FRAME_ACCEPTED;
}

static __always_inline int within_rate(struct drop_misses *m)
{
	__u32 zero = 0;
	__u64 second = bpf_ktime_get_ns() / 1000000000;
	struct rate *r;

	if (!settings.rate_limit)
		return 1;
	r = bpf_map_lookup_elem(&rates, &zero);
	if (!r)
		return 1;
	if (r->second != second) {
		r->second = second;
		r->sent = 0;
	}
	/* CPUs race for the last places; the limit is kept within their number */
	if (r->sent >= settings.rate_limit) {
		if (m)
			m->events_limited++;
		return 0;
	}
	__sync_fetch_and_add(&r->sent, 1);
	return 1;
}

static __always_inline struct sock *socket_of(struct drop *d)
{
	struct sk_buff *skb = d->skb;

	return d->rx_sk ?: BPF_CORE_READ(skb, sk);
}

static __noinline void event_fill(struct drop *d, struct drop_event *e, __u32 limit, int sample)
{
	struct packet *p = &d->packet;
	struct sock *sk = socket_of(d);
	struct task_struct *task = owning_task(d->ctx);
	__u32 begin = p->network, captured = 0;

	if (p->mac != MAC_UNSET && p->mac < p->network && p->network - p->mac <= 64)
		begin = p->mac;
	e->key = d->key;
	e->time = bpf_ktime_get_ns();
	e->socket = sk ? socket_inode(sk) : 0;
	e->length = p->length;
	e->segments = d->segments;
	e->cpu = bpf_get_smp_processor_id();
	e->pid = 0;
	e->comm[0] = 0;
	if (task && !(BPF_CORE_READ(task, flags) & PF_KTHREAD)) {
		e->pid = BPF_CORE_READ(task, tgid);
		bpf_get_current_comm(e->comm, sizeof(e->comm));
	}
	if (p->tail > begin)
		captured = p->tail - begin;
	if (captured > limit)
		captured = limit;
	e->network_offset = p->network - begin;
	e->sample = sample;
	e->captured = captured;
}

static __noinline void event_send(struct drop *d, int sample)
{
	struct drop_misses *m = misses_here();
	struct drop_event *e;
	__u32 captured, begin;

	if (!sample && !within_rate(m))
		return;
	if (sample || settings.snap <= SMALL_PACKET ||
	    d->packet.tail - d->packet.network + 64 <= SMALL_PACKET) {
		e = bpf_ringbuf_reserve(&events, sizeof(*e) + SMALL_PACKET, 0);
		if (!e)
			goto lost;
		event_fill(d, e, sample || settings.snap > SMALL_PACKET ? SMALL_PACKET : settings.snap, sample);
		captured = e->captured;
		begin = d->packet.network - e->network_offset;
		if (captured > SMALL_PACKET)
			captured = SMALL_PACKET;
		bpf_probe_read_kernel(e->data, captured, d->packet.head + begin);
	} else {
		e = bpf_ringbuf_reserve(&events, sizeof(*e) + settings.snap, 0);
		if (!e)
			goto lost;
		event_fill(d, e, settings.snap, sample);
		captured = e->captured;
		begin = d->packet.network - e->network_offset;
		if (captured > settings.snap)
			captured = settings.snap;
		bpf_probe_read_kernel(e->data, captured, d->packet.head + begin);
	}
	bpf_ringbuf_submit(e, 0);
	return;
lost:
	if (m)
		m->events_lost++;
}

static __noinline struct drop_count *detail_of(struct drop *d)
{
	struct detail_key key = {};
	struct drop_count fresh = {}, *count;
	struct drop_misses *m;
	struct sock *sk;

	key.plain = d->key;
	if (settings.detail & DETAIL_FLOW)
		packet_flow(&d->packet, &key);
	if (settings.detail & DETAIL_SOCKET) {
		sk = socket_of(d);
		key.socket = sk ? socket_inode(sk) : 0;
	}
	if (settings.detail & DETAIL_LENGTH)
		key.length = d->packet.length;
	count = bpf_map_lookup_elem(&details, &key);
	if (count)
		return count;
	fresh.first = d->tick;
	fresh.next_sample = d->tick;
	if (!bpf_map_update_elem(&details, &key, &fresh, BPF_NOEXIST)) {
		m = misses_here();
		if (m)
			m->details++;
	}
	return bpf_map_lookup_elem(&details, &key);
}

static __noinline struct drop_count *count_detail(struct drop *d)
{
	struct drop_count *count = detail_of(d);
	struct drop_misses *m;

	if (!count) {
		m = misses_here();
		if (m) {
			m->full_segments += d->segments;
			m->full_buffers++;
			m->full_bytes += d->packet.length;
		}
		return NULL;
	}
	__sync_fetch_and_add(&count->buffers, 1);
	if (d->segments)
		__sync_fetch_and_add(&count->segments, d->segments);
	__sync_fetch_and_add(&count->bytes, d->packet.length);
	count->last = d->tick;
	return count;
}

/* WAYS places for each key in a table of this CPU's own, so that counting needs
 * neither a hash table nor an atomic operation. Returns NULL if all are taken.
 *
 * The place is chosen without protocol and flags: the verifier would otherwise
 * follow each way in which those come about.
 */
#define WAYS 4

static __always_inline struct drop_count *count_plain(__u64 *key, __u64 place, __u32 segments, __u32 length,
						      __u32 now)
{
	__u32 cpu = bpf_get_smp_processor_id();
	struct drop_slots *table = bpf_map_lookup_elem(&slots, &cpu);
	struct drop_slot *slot;

	if (!table)
		return NULL;
	place = place * 0x9e3779b97f4a7c15ULL >> SLOT_SHIFT;
	for (int i = 0; i < WAYS; i++) {
		slot = &table->slot[(place ^ i) & (SLOTS - 1)];
		if (slot->word[0] == key[0] && slot->word[1] == key[1] && slot->word[2] == key[2])
			goto found;
		if (!slot->count.buffers) {
			slot->word[0] = key[0];
			slot->word[1] = key[1];
			slot->word[2] = key[2];
			slot->count.first = now;
			slot->count.next_sample = now;
			goto found;
		}
	}
	return NULL;
found:
	if (segments)
		slot->count.segments += segments;
	slot->count.bytes += length;
	slot->count.last = now;
	slot->count.buffers++;
	return &slot->count;
}

#define PACKET_BROADCAST 1
#define PACKET_MULTICAST 2
#define PACKET_OTHERHOST 3
#define IFF_UP 1
#define LINK_STATE_NOCARRIER 4 /* bit 2 of net_device.state */

static __noinline int is_our_address(unsigned char *mac, struct net_device *dev)
{
	__u8 wanted[8] = {}, ours[8] = {};
	unsigned char *address;

	bpf_core_read(&address, sizeof(address), &dev->dev_addr);
	if (bpf_probe_read_kernel(ours, 6, address) || bpf_probe_read_kernel(wanted, 6, mac))
		return 0;
	return *(__u64 *)ours == *(__u64 *)wanted;
}

/* Flags of packets other than plain unicast ones, and of those that a queue
 * refused: only then the state of the link matters.
 */
static __noinline __u8 flags_closer(struct sk_buff *skb, struct net_device *dev, __u32 reason, __u32 type)
{
	struct packet p;
	__u8 flags = 0;

	if (is_queue_drop(reason) &&
	    (!(BPF_CORE_READ(dev, flags) & IFF_UP) || BPF_CORE_READ(dev, state) & LINK_STATE_NOCARRIER))
		flags = FLAG_LINK_DOWN;
	if (type == PACKET_BROADCAST)
		flags |= FLAG_BROADCAST;
	else if (type == PACKET_MULTICAST)
		flags |= FLAG_MULTICAST;
	if (type != PACKET_OTHERHOST)
		return flags;
	packet_init(&p, skb);
	if (p.mac != MAC_UNSET && p.mac + ETH_LEN <= p.tail && is_our_address(p.head + p.mac, dev))
		flags |= FLAG_OUR_MAC;
	return flags;
}

static __always_inline __u8 flags_of_device(struct sk_buff *skb, struct net_device *dev, __u32 reason)
{
	__u32 type = R_BITS(skb, pkt_type);

	return type || is_queue_drop(reason) ? flags_closer(skb, dev, reason, type) : 0;
}

/* Slow paths read with helper calls: each direct load of a pointer costs the
 * verifier a search through all types of the kernel.
 *
 * Without a device: the number of the one that the packet came in through,
 * else the one of its route (that of a packet which came in would be the
 * loopback device); the namespace of the socket, else of the route, else of
 * the task. Returns namespace and interface in one number.
 */
static __noinline __u64 owner_without_device(struct sk_buff *skb, void *ctx, __u32 netns)
{
	struct dst_entry *route = (void *)(BPF_CORE_READ(skb, _skb_refdst) & ~1UL);
	struct sock *sk = BPF_CORE_READ(skb, sk);
	struct net_device *out;
	__u32 ifindex = BPF_CORE_READ(skb, skb_iif), inode;

	if (!netns && sk)
		netns = BPF_CORE_READ(sk, __sk_common.skc_net.net, ns.inum);
	if (route) {
		out = BPF_CORE_READ(route, dev);
		if (IS_KERNEL_POINTER(out)) {
			inode = BPF_CORE_READ(out, nd_net.net, ns.inum);
			if (!netns)
				netns = inode;
			if (!ifindex && netns == inode)
				ifindex = BPF_CORE_READ(out, ifindex);
		}
	}
	if (!netns)
		netns = namespace_of_task(ctx);
	return (__u64)netns << 32 | ifindex;
}

/* Since 7.0 kfree_skb says only QDISC_DROP; the queueing discipline's own
 * reason came before, in qdisc:qdisc_drop.
 */
static __always_inline __u32 refine(struct sk_buff *skb, __u32 reason)
{
	__u64 buffer = (__u64)skb;
	__u32 *refusal;

	if (!is_queue_drop(reason))
		return reason;
	refusal = bpf_map_lookup_elem(&refusals, &buffer);
	if (refusal) {
		reason = settings.qdisc_subsystem | *refusal;
		bpf_map_delete_elem(&refusals, &buffer);
	}
	return reason;
}

static __always_inline int sample_due(struct drop_count *count, __u32 now)
{
	return (__s32)(now - count->next_sample) >= 0;
}

/* Counts and sends what is not counted in a slot. It reads the packet again:
 * that is cheaper than to keep all of it at hand on the fast path.
 */
static __noinline int handle_slowly(struct drop *d, struct drop_count *count)
{
	packet_init(&d->packet, d->skb);
	if (!count)
		count = count_detail(d);
	if (settings.modes & MODE_PACKETS) {
		event_send(d, 0);
	} else if (count && sample_due(count, d->tick)) {
		/* without samples, not before the ticks wrap */
		count->next_sample = d->tick + (settings.sample_interval ?: 0x7fffffff);
		if (settings.sample_interval)
			event_send(d, 1);
	}
	return 0;
}

/* The namespace of the receiving socket, and flags above it. */
static __noinline __u64 owner_by_socket(struct sock *socket)
{
	struct sock *sk = PLAIN(socket, struct sock);
	__u64 owner = namespace_of(R(sk, __sk_common.skc_net.net));

	if (R(sk, __sk_common.skc_state) == TCP_TIME_WAIT)
		owner |= (__u64)FLAG_TIME_WAIT << 32;
	return owner;
}

static __always_inline int handle(void *ctx, struct sk_buff *skb, __u64 location, __u32 reason, struct sock *socket)
{
	struct net_device *dev = R(skb, dev);
	struct drop_count *count = NULL;
	struct packet p;
	__u32 transport, segments, netns = 0, dev_netns = 0, ifindex, now;
	const __u32 modes = settings.modes;
	__u8 flags;

	if (modes & MODE_REFINE)
		reason = refine(skb, reason);
	packet_init(&p, skb);
	transport = packet_transport(&p, skb);
	segments = packet_segments(&p, skb);
	flags = transport >> 8;
	if (socket) {
		__u64 owner = owner_by_socket(socket);

		netns = owner;
		flags |= owner >> 32;
	}
	if (IS_KERNEL_POINTER(dev))
		dev_netns = namespace_of(R(dev, nd_net.net));
	if (dev_netns) {
		if (!netns)
			netns = dev_netns;
		ifindex = R(dev, ifindex);
		flags |= flags_of_device(skb, dev, reason);
	} else {
		/* a pointer that leads to no namespace is no device */
		__u64 owner = owner_without_device(skb, ctx, netns);

		dev = NULL;
		netns = owner >> 32;
		ifindex = owner;
	}
	if (modes & MODE_FILTER && !wanted(reason, netns, dev))
		return 0;
	if (modes & MODE_FRAMES && !frame_wanted(skb, dev))
		return 0;

	__u64 words[3] = {
		location,
		reason | (__u64)netns << 32,
		ifindex | (__u64)p.protocol << 32 | (__u64)(transport & 0xff) << 48 | (__u64)flags << 56,
	};

	now = tick_now();
	if (!(modes & MODE_DETAIL)) {
		count = count_plain(words, words[0] ^ words[1] << 13 ^ (__u64)ifindex << 40, segments, p.length, now);
		if (count && !(modes & MODE_PACKETS) && !sample_due(count, now))
			return 0;
	}
	struct drop d = { .ctx = ctx, .skb = skb, .rx_sk = socket, .tick = now, .segments = segments };

	d.words[0] = words[0];
	d.words[1] = words[1];
	d.words[2] = words[2];
	return handle_slowly(&d, count);
}

#ifdef RAW_TRACEPOINT
#define KFREE_SKB SEC("raw_tp/kfree_skb")
#define QDISC_DROP SEC("raw_tp/qdisc_drop")
#else
#define KFREE_SKB SEC("tp_btf/kfree_skb")
#define QDISC_DROP SEC("tp_btf/qdisc_drop")
#endif

/* The tracepoint's arguments grew over time; user space picks the program for
 * the kernel at hand.
 */
KFREE_SKB
int kfree_skb_2(__u64 *ctx)
{
	return handle(ctx, (void *)ctx[0], ctx[1], settings.no_reason, NULL);
}

KFREE_SKB
int kfree_skb_3(__u64 *ctx)
{
	return handle(ctx, (void *)ctx[0], ctx[1], ctx[2], NULL);
}

KFREE_SKB
int kfree_skb_4(__u64 *ctx)
{
	return handle(ctx, (void *)ctx[0], ctx[1], ctx[2], (void *)ctx[3]);
}

/* The verifier wants constant offsets into the context, so each argument has a
 * branch of its own, which the assembler comment keeps apart.
 */
static __always_inline __u64 argument(__u64 *ctx, __u32 number)
{
	__u64 value = 0;

#define CASE(n)                                                   \
	if (number == n) {                                        \
		value = ctx[n];                                   \
		asm volatile("# argument %[i]" : "+r"(value) : [i] "i"(n)); \
	}
	CASE(0) CASE(1) CASE(2) CASE(3) CASE(4) CASE(5)
#undef CASE
	return value;
}

QDISC_DROP
int qdisc_drop(__u64 *ctx)
{
	__u64 buffer = argument(ctx, settings.qdisc_buffer);
	__u32 reason = argument(ctx, settings.qdisc_reason);

	bpf_map_update_elem(&refusals, &buffer, &reason, BPF_ANY);
	return 0;
}
