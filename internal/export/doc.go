// Package export writes what was seen in the formats of other programs. It is
// given plain values and an io.Writer; where they come from and go to is no
// concern of its own.
package export
