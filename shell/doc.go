// Package shell runs a line shell over a table of commands.
//
// One table of [Command] values says which commands exist. Help, completion
// and the manual page ([WriteMarkdown], [WritePlain]) are made from it, so they
// cannot disagree. On a terminal a line is edited with history and completion;
// from anything else the lines are a script.
//
// A line is split into words. Blanks separate words; single quotes keep
// everything, double quotes keep everything but a backslash before a double
// quote or a backslash, and outside of quotes a backslash keeps the next
// character. A line whose first character other than a blank is '#' is a
// comment. A command may be shortened to any beginning that no other command
// shares.
//
// Commands may leave work running in the background that writes to
// [Session.Out] while the prompt is shown: the prompt and the half-typed line
// are moved out of the way.
//
// The package works on Linux only. It needs no privileges.
package shell
