// Package action does something about alerts: writes a line, tells a syslog
// daemon, runs a command, calls a web address, rings the bell of the terminal.
//
// A [Runner] has a queue and a goroutine for each action, so that a slow one
// holds up neither the others nor the engine. In each the order of events is
// kept. Webhooks and syslog daemons that fail are tried again, 5 times within 5
// minutes; a command is run once. What cannot be delivered is counted and written
// to the log with its text, so that it is told at least there. What is tried again
// can arrive twice: a connection may have failed after the event was taken.
//
// # What leaves the host
//
// Commands run without a shell, with the privileges of the agent, in a process
// group of their own, and with nothing in their environment but PATH and the
// DROPWATCH_ variables. Of the URL of a webhook, which often is a secret in
// itself, only scheme and host are ever written.
package action
