/* SPDX-License-Identifier: MIT */
/* Whose a packet was: namespace, interface, socket. */
#ifndef DROPWATCH_OWNER_H
#define DROPWATCH_OWNER_H

#include "kernel.h"
#include "read.h"

#define TCP_TIME_WAIT 6
#define TCP_NEW_SYN_RECV 12
#define PF_KTHREAD 0x00200000
#define STACK_SIZE 16384

/* Inodes of namespaces begin here (PROC_DYNAMIC_FIRST, less the few fixed ones
 * below it). A pointer that was no device or socket hardly ever leads to such
 * a number, so the check also rejects stale pointers in skb->dev.
 */
#define FIRST_NAMESPACE 0xefffff00

static __always_inline __u32 namespace_of(struct net *net)
{
	__u32 inode = R(net, ns.inum); /* 0 if the pointer is bad */

	return inode >= FIRST_NAMESPACE ? inode : 0;
}

/* The task that runs when the tracepoint fires is the owner only if it is in a
 * system call, not if an interrupt borrowed its time. Softirqs run on a stack
 * of their own, and the context of this program lies on the stack of whoever
 * dropped the packet; but one that follows an interrupt of user space runs on
 * the task's own stack, where the saved registers then hold no system call.
 */
static __always_inline struct task_struct *owning_task(void *ctx)
{
	struct task_struct *task;
	struct pt_regs *regs;
	unsigned long stack;

	if (!bpf_core_enum_value_exists(enum bpf_func_id, BPF_FUNC_task_pt_regs))
		return NULL; /* before 5.15: better no owner than a wrong one */
	task = bpf_get_current_task_btf();
	bpf_core_read(&stack, sizeof(stack), &task->stack);
	if ((unsigned long)ctx < stack || (unsigned long)ctx >= stack + STACK_SIZE)
		return NULL;
	regs = (void *)bpf_task_pt_regs(task);
	if (bpf_core_field_exists(regs->orig_ax)) {
		unsigned long call; /* x86 */

		bpf_core_read(&call, sizeof(call), &regs->orig_ax);
		return call == -1UL ? NULL : task;
	}
	if (bpf_core_field_exists(regs->syscallno)) {
		int call; /* arm64 */

		bpf_core_read(&call, sizeof(call), &regs->syscallno);
		return call == -1 ? NULL : task;
	}
	return NULL;
}

static __noinline __u32 namespace_of_task(void *ctx)
{
	struct task_struct *task = owning_task(ctx);

	if (!task || BPF_CORE_READ(task, flags) & PF_KTHREAD)
		return 0;
	return BPF_CORE_READ(task, nsproxy, net_ns, ns.inum);
}

static __noinline __u64 socket_inode(struct sock *sk)
{
	struct socket *socket;
	unsigned long inode = 0;
	unsigned char state;

	/* sockets in TIME_WAIT and half-open ones are smaller structures */
	bpf_core_read(&state, sizeof(state), &sk->__sk_common.skc_state);
	if (state == TCP_TIME_WAIT || state == TCP_NEW_SYN_RECV)
		return 0;
	bpf_core_read(&socket, sizeof(socket), &sk->sk_socket);
	if (!IS_KERNEL_POINTER(socket))
		return 0;
	/* socket and inode are allocated together, the socket first */
	bpf_core_read(&inode, sizeof(inode), &((struct socket_alloc *)socket)->vfs_inode.i_ino);
	return inode;
}

#endif
