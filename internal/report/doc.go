// Package report holds what dropwatch tells, as plain values, and writes them
// as text and as JSON. It reads nothing from the host.
package report
