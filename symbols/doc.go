// Package symbols names what a drop carries as a number: the kernel address
// where a packet was dropped and the code of the reason.
//
// A [Resolver] turns the address into function, offset and module. It asks the
// running kernel where the caller provides a way to do so, and reads
// /proc/kallsyms otherwise. A [Table] is one reading of kallsyms, also of
// another host. [Reasons] holds the names of drop reasons, which move between
// kernels and are therefore read from the type information (BTF) of the running
// one.
//
// Parsing needs no privileges. Reading usable addresses from /proc/kallsyms
// does; see [ErrRestricted].
package symbols
