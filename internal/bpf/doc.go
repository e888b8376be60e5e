// Package bpf holds the programs that dropwatch loads into the kernel, and
// loads them. It is the only importer of cilium/ebpf outside the reading of
// BTF.
//
// The objects are committed, so that building needs no clang; `make generate`
// makes them anew.
package bpf
