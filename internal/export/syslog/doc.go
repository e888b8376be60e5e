// Package syslog sends log lines to a syslog daemon: of this host, through a Unix
// socket, or of another, over UDP, TCP or TLS.
//
// To other hosts it writes RFC 5424, with the fields as structured data, and on
// request the older RFC 3164, with the fields as name=value behind the text. To
// Unix sockets it writes what the function syslog(3) writes, for that is what
// rsyslog, syslog-ng and systemd-journald expect there unless told otherwise.
//
// # What delivered means
//
//   - Unix datagrams (/dev/log as a rule): the daemon has read the line.
//   - Unix streams: the same.
//   - TCP and TLS: the daemon's kernel has acknowledged the line. Lines that it has
//     not acknowledged when a connection ends are sent again on the next one. If
//     the connection did not end in order, which says that the daemon had not read
//     all, then the lines acknowledged last are sent again too, as many as the
//     daemon's kernel can have held (at most 8 MiB and 60 s).
//   - UDP: the line was sent, and nothing came back. It may be lost on the way or
//     in the daemon's socket, and nobody knows.
//
// So what can be lost without being counted is, over UDP, anything, and else what
// the daemon itself has read and not yet stored when it dies, or throws away
// because it was told to limit the rate. Only an acknowledgement by the daemon
// could tell, and syslog has none. Lines that were sent and not known to be read
// can arrive twice, and then out of order.
package syslog
