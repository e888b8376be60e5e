// Package rrdxml writes the history of a host as the XML that `rrdtool restore`
// makes a round robin database of, for those whose graphs are drawn by other
// tools. Names of data sources have at most 19 letters there, so they are made
// short; a comment has the whole name of each.
package rrdxml
