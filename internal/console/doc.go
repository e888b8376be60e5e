// Package console is the shell of dropwatch: the commands and lines of the C
// program of that name, and newer ones beside them.
package console
