/* SPDX-License-Identifier: MIT */
/* R reads a field of a kernel structure. A program with BTF arguments loads
 * directly, and a bad pointer reads as zero; a raw tracepoint needs a helper
 * call for each field.
 */
#ifndef DROPWATCH_READ_H
#define DROPWATCH_READ_H

#include <bpf/bpf_core_read.h>
#include <bpf/bpf_helpers.h>

#ifdef RAW_TRACEPOINT
#define R(pointer, field)                                                      \
	({                                                                     \
		typeof((pointer)->field) value__;                              \
		bpf_core_read(&value__, sizeof(value__), &(pointer)->field);   \
		value__;                                                       \
	})
#else
#define R(pointer, field) ((pointer)->field)
#endif

extern void *bpf_rdonly_cast(const void *object, __u32 type) __ksym __weak;

/* R_BITS reads a bit field that lies in one byte, without the library's choice
 * between sizes.
 */
#ifdef RAW_TRACEPOINT
#define R_BITS(pointer, field) BPF_CORE_READ_BITFIELD_PROBED(pointer, field)
#else
#define R_BITS(pointer, field)                                                                  \
	((__u64) * ((__u8 *)(pointer) + __CORE_RELO(pointer, field, BYTE_OFFSET))               \
		 << __CORE_RELO(pointer, field, LSHIFT_U64) >>                                  \
	 __CORE_RELO(pointer, field, RSHIFT_U64))
#endif

/* A trusted pointer costs the verifier a search through all types of the
 * kernel for each pointer loaded through it; a plain one does not.
 */
#ifdef RAW_TRACEPOINT
#define PLAIN(pointer, structure) ((structure *)(pointer))
#else
#define PLAIN(pointer, structure)                                                                    \
	((structure *)(bpf_ksym_exists(bpf_rdonly_cast)                                              \
			       ? bpf_rdonly_cast((pointer), bpf_core_type_id_kernel(structure))      \
			       : (void *)(pointer)))
#endif

/* C reads a field of a structure that lies at a plain address. A kernel that
 * lets programs cast (6.2) reads it with one load, others with a helper call.
 * Either way a bad address reads as zero.
 */
#define C(address, structure, field)                                                                 \
	({                                                                                           \
		/* not in the macro below: it would look for our own structures in the kernel */     \
		const void *place__ = (address);                                                     \
		bpf_ksym_exists(bpf_rdonly_cast)                                                     \
			? ((structure *)bpf_rdonly_cast(place__, bpf_core_type_id_kernel(structure)))->field \
			: ({                                                                         \
				  typeof(((structure *)0)->field) found__ = 0;                       \
				  bpf_core_read(&found__, sizeof(found__), &((structure *)place__)->field); \
				  found__;                                                           \
			  });                                                                        \
	})

#ifndef bpf_ksym_exists
#define bpf_ksym_exists(symbol) (!!(symbol))
#endif

/* The kernel's half of the address space. skb->dev shares its place with
 * other data (dev_scratch of a queued UDP packet), which this tells apart.
 * Written as a comparison because the verifier refuses bit operations on
 * pointers.
 */
#define IS_KERNEL_POINTER(p) ((unsigned long)(p) >= 0xff00000000000000UL)

#endif
