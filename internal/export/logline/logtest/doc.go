// Package logtest is for tests that send log lines to real daemons: it finds the
// programs, starts and stops them, and counts what arrived.
package logtest
