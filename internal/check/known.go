package check

import (
	"fmt"
	"slices"
	"strings"

	"dropwatch/internal/explain"
	"dropwatch/symbols"
)

// Known refuses reasons that neither this kernel nor the knowledge base has: a
// threshold for a mistyped one would hold for ever. The kernel's may be nil.
func (rules Rules) Known(base *explain.Base, kernel *symbols.Reasons) error {
	for _, r := range rules {
		name := r.Metric.Name
		if r.Metric.Kind != kindReason || isReason(base, name) || kernel != nil && len(kernel.Code(name)) > 0 {
			continue
		}
		if near := base.Suggest(name); len(near) > 0 {
			return fmt.Errorf("unknown reason %q; did you mean %s?", name, strings.Join(near, ", "))
		}
		return fmt.Errorf("unknown reason %q; `dropwatch explain` lists all names", name)
	}
	return nil
}

func isReason(base *explain.Base, name string) bool {
	_, bare, qualified := strings.Cut(name, "/")
	if !qualified {
		bare = name
	}
	bare = bareReason(bare)
	return slices.ContainsFunc(base.Lookup(bare), func(e explain.Entry) bool {
		named := slices.ContainsFunc(e.Names, func(n string) bool { return strings.EqualFold(n, bare) })
		return named && (e.Kind == explain.KindReason || e.Kind == explain.KindTrap)
	})
}

// bareReason leaves out the prefix of the kernel's headers.
func bareReason(name string) string {
	return strings.TrimPrefix(strings.ToUpper(name), "SKB_DROP_REASON_")
}
