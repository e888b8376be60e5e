/* SPDX-License-Identifier: MIT */
/* What the drop programs and user space share: settings, counted groups and
 * events. bpf2go makes the Go twins of these structures.
 */
#ifndef DROPWATCH_RECORD_H
#define DROPWATCH_RECORD_H

#include <linux/types.h>

#define FILTER_MAX 8
#define SLOTS 256 /* a power of two, with the shift below */
#define SLOT_SHIFT 56 /* 64 - log2(SLOTS) */
#define SMALL_PACKET 192 /* bytes of a packet in the smaller kind of event */

/* Flags of a drop, as dropmon.Flags. */
#define FLAG_RESET 1
#define FLAG_TIME_WAIT 2
#define FLAG_LINK_DOWN 4
#define FLAG_BROADCAST 8
#define FLAG_MULTICAST 16
#define FLAG_OUR_MAC 32

/* Kinds of detail that a group's key can carry beside the plain key. */
#define DETAIL_FLOW 1
#define DETAIL_SOCKET 2
#define DETAIL_LENGTH 4

/* The plain key is three words, so that it can be compared in registers. */
struct drop_key {
	__u64 location;
	__u32 reason;
	__u32 netns;
	__u32 ifindex;
	__u16 protocol;
	__u8 transport;
	__u8 flags;
};

/* Times are in jiffies and wrap after weeks: user space reads them relative to
 * the present.
 */
struct drop_count {
	__u64 buffers;
	__u64 segments; /* beyond one for each buffer: packets = buffers + segments */
	__u64 bytes;
	__u32 first;
	__u32 last;
	__u32 next_sample; /* when the next one is due */
	__u32 unused;
};

/* One cache line. */
struct drop_slot {
	union {
		struct drop_key key;
		__u64 word[3]; /* of key; user space reads a little-endian machine */
	};
	struct drop_count count;
};

struct drop_slots {
	struct drop_slot slot[SLOTS];
};

struct detail_key {
	struct drop_key plain;
	__u64 socket;
	__u8 source[16];
	__u8 destination[16];
	__u16 source_port; /* host order */
	__u16 destination_port;
	__u32 length;
};

/* What one CPU could not put where it belongs. */
struct drop_misses {
	__u64 full_buffers; /* counted, but under no key: the table was full */
	__u64 full_segments;
	__u64 full_bytes;
	__u64 events_lost; /* the ring buffer was full */
	__u64 events_limited; /* not sent because of the rate limit */
	__u64 details; /* groups put into the detail table by this CPU */
	__u64 undecided; /* buffers that the packet filter could not read far enough */
	__u64 unused;
};

/* One packet, as a sample of a group or in per-packet mode. */
struct drop_event {
	struct drop_key key;
	__u64 time; /* bpf_ktime ns */
	__u64 socket;
	__u32 length;
	__u32 segments; /* beyond one */
	__u32 cpu;
	__u32 pid; /* of the running process, 0 when in interrupt */
	char comm[16];
	__u16 captured;
	__u16 network_offset; /* of the network header in data */
	__u8 sample;
	__u8 unused[3];
	__u8 data[];
};

/* Modes: what the program does beside counting in plain groups. */
#define MODE_PACKETS 1 /* send every packet */
#define MODE_DETAIL 2 /* groups have details */
#define MODE_FILTER 4 /* some values are given below */
#define MODE_REFINE 8 /* qdisc:qdisc_drop is attached */
#define MODE_FRAMES 16 /* user space has put in a packet filter */

struct drop_settings {
	__u32 modes;
	__u32 detail; /* DETAIL_ bits */
	__u32 sample_interval; /* between samples of a group, in jiffies; 0: no samples */
	__u32 snap; /* bytes of a packet at the most */
	__u32 rate_limit; /* events a second, 0: no limit */
	__u32 no_reason; /* what to report where the kernel passes no reason */
	__u32 qdisc_subsystem; /* reason bits of the qdisc subsystem */
	__u32 qdisc_buffer; /* which argument of qdisc:qdisc_drop is the buffer */
	__u32 qdisc_reason; /* and which the reason */
	__u32 frame_copy; /* bytes of a frame to copy for the packet filter, 32 to FRAME_BYTES */

	__u32 netns_count;
	__u32 netns[FILTER_MAX];
	__u32 interface_count;
	__u32 reason_count;
	__u32 reason[FILTER_MAX];
	__u64 interface[FILTER_MAX][2]; /* names, padded with zeros */
};

#endif
