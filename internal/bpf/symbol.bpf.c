//go:build ignore
/* SPDX-License-Identifier: MIT */
/* Asks the kernel for the name of an address, so that user space need not read
 * and sort all of /proc/kallsyms for a few names.
 */
#include <linux/bpf.h>
#include <linux/types.h>

#include <bpf/bpf_helpers.h>

char _license[] SEC("license") = "Dual MIT/GPL";

struct symbol_request {
	__u64 address;
	char text[192];
};

SEC("syscall")
int symbol(struct symbol_request *request)
{
	static const char format[] = "%pS";
	char text[192] = {};
	__u64 arguments[1] = { request->address };

	bpf_snprintf(text, sizeof(text), format, arguments, sizeof(arguments));
	__builtin_memcpy(request->text, text, sizeof(text));
	return 0;
}
