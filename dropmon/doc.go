// Package dropmon says what a dropped packet is and delivers the drops of a
// running kernel.
//
// A [Source] is opened from a [Config] and delivers [Drop] values: either
// counted groups of equal drops or one value for each packet. The values carry
// what the kernel gave: a raw address, a reason code, an interface index. Names
// for them (symbols, reasons, namespaces, processes) are found by others, so
// that drops can be recorded on one host and named on another.
package dropmon
