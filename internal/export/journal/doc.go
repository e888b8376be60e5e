// Package journal writes log lines to the systemd journal in its own protocol:
// each field of a line is a field of the entry, so that
//
//	journalctl DROPWATCH_REASON=NETFILTER_DROP
//
// finds it. An entry has MESSAGE, PRIORITY, SYSLOG_IDENTIFIER, SYSLOG_FACILITY,
// MESSAGE_ID (one for each kind of event, see [MessageID]), DROPWATCH_EVENT,
// DROPWATCH_TIME (for a line may have waited), and DROPWATCH_ with the name in
// upper case for each field.
//
// A line counts as delivered when systemd-journald has read it. What it then
// throws away because of a limit it keeps count of itself ("Suppressed ..."): by
// default it takes 10000 lines in 30 s from a service. Who logs more needs
// LogRateLimitIntervalSec=0 in the unit of the service, or RateLimitBurst= in
// journald.conf.
//
// The package does the little that it takes itself: the client of
// coreos/go-systemd keeps one socket for all users for ever, cannot be stopped
// while journald takes nothing, and does not know what journald has read.
package journal
