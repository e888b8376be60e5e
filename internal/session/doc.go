// Package session watches drops from start to stop: it opens a source, names
// what the source delivers, filters it, adds it up and reports.
package session
