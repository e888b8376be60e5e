// Package netdevsim makes devices without hardware that drop packets and report
// it through devlink traps, for tests.
//
// The devices come from the kernel module of that name, which no packaged kernel
// has. The guests of package vmtest get it for the kernels of [Kernels].
package netdevsim

import "strings"

// Kernels are the names of the guests that have the module. The build programs
// that come with the headers of newer releases do not run on the release of the
// distribution that the tests are made for.
func Kernels() []string { return []string{"5.10", "6.1"} }

// builtFor tells whether a guest of this release has the module.
func builtFor(release string) bool {
	for _, name := range Kernels() {
		if strings.HasPrefix(release, name+".") {
			return true
		}
	}
	return false
}
