// Package graph draws the past of values as SVG or PNG: averages as lines, what
// was highest as a shade above them, gaps where nothing is known. Pictures are
// light, so that they can be printed, and the same input gives the same picture.
package graph
