/* SPDX-License-Identifier: MIT */
/* The few kernel types that the drop programs read. Offsets are found at load
 * time (CO-RE), so only names and types matter here, not order or size.
 */
#ifndef DROPWATCH_KERNEL_H
#define DROPWATCH_KERNEL_H

#include <linux/types.h>

#pragma clang attribute push(__attribute__((preserve_access_index)), apply_to = record)

struct ns_common {
	unsigned int inum;
};

struct net {
	struct ns_common ns;
};

typedef struct {
	struct net *net;
} possible_net_t;

struct net_device {
	unsigned long state;
	unsigned int flags;
	unsigned short type;
	int ifindex;
	char name[16];
	unsigned char *dev_addr;
	possible_net_t nd_net;
};

struct dst_entry {
	struct net_device *dev;
};

struct socket {
	short type;
};

struct inode {
	unsigned long i_ino;
};

struct socket_alloc {
	struct socket socket;
	struct inode vfs_inode;
};

struct sock_common {
	possible_net_t skc_net;
	unsigned char skc_state;
};

struct sock {
	struct sock_common __sk_common;
	struct socket *sk_socket;
};

struct skb_shared_info {
	unsigned short gso_size;
	unsigned short gso_segs;
};

struct sk_buff {
	struct net_device *dev;
	struct sock *sk;
	unsigned long _skb_refdst;
	unsigned int len;
	__u8 pkt_type : 3;
	int skb_iif;
	__be16 protocol;
	__u8 vlan_present : 1; /* before 6.2 */
	__be16 vlan_proto;
	__u16 vlan_tci;
	__u16 network_header;
	__u16 mac_header;
	unsigned int tail;
	unsigned int end;
	unsigned char *head;
	unsigned char *data;
};

struct nsproxy {
	struct net *net_ns;
};

struct task_struct {
	void *stack;
	unsigned int flags;
	int tgid;
	struct nsproxy *nsproxy;
};

struct pt_regs {
	unsigned long orig_ax; /* x86 */
	int syscallno; /* arm64 */
};

/* Begins with one byte: stands for any byte at an address. */
struct icmphdr {
	__u8 type;
};

#pragma clang attribute pop

/* Values are those of the running kernel, put in when the program is loaded. */
enum skb_drop_reason {
	SKB_DROP_REASON_QDISC_DROP = 1,
};


#endif
