// Package owner says whose a dropped packet was: it finds the name of a network
// namespace by its inode, of an interface by its index inside its namespace, and
// the process that holds a socket.
//
// Everything is read from /proc, from the directories of named namespaces and
// by rtnetlink; nothing is kept open in between. An open namespace file would
// keep the namespace and its devices alive, so only the way to it is
// remembered. Answers are cached, because a drop is looked at after the fact:
// its process or interface may be gone by then, and a name seen once is better
// than none.
//
// Without privileges the own namespace and the own processes are found; see
// [Namespaces.Restricted] and [Processes.Restricted].
package owner
