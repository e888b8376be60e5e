// Package vmtest boots packaged Linux kernels of several releases under qemu
// and runs a program in each.
//
// [Fetch] finds a kernel by the suite of the distribution that carries it,
// downloads it with apt and keeps the boot image and the modules in a cache.
// [Machine.Run] boots it with an initial file system that holds the modules,
// the network programs of this host and the program to be run, and brings back
// output, exit status and files. The guest has no network but its own.
//
// The kernels that package netdevsim names also get that module, built from the
// packaged source.
//
// It needs qemu-system-x86_64, apt, dpkg-deb, depmod and xz on the host, and gcc,
// make and strip for the module, but not root.
package vmtest
