// Package history keeps the past of the values of many hosts: a file of fixed
// size for each, in a directory that everybody may read, also while an agent
// writes to it or when there is none. How a file remembers is described in
// package ring, below this one; package graph draws it, package rrdxml hands it
// to rrdtool, and package rrdcached gives values to a daemon of others instead.
package history
