package peermetrics

import (
	"strings"

	"dropwatch/internal/values"
)

const namespace = "dropwatch"

// metricName is the name of a kind of value, with its unit at the end as
// Prometheus wants it: filesystem.used is dropwatch_host_filesystem_used_ratio.
func metricName(k *values.Kind) string {
	name := strings.NewReplacer(".", "_", "/", "_").Replace(k.Name)
	// a name may not hold the type of a metric
	if rest, ok := strings.CutPrefix(name, "counter"); ok {
		name = "losses" + rest
	}
	unit := ""
	switch k.Unit {
	case values.Ratio, values.Seconds, values.Bytes, values.Packets:
		unit = string(k.Unit)
	case values.BytesPerSecond:
		unit = "bytes_per_second"
	case values.PerSecond:
		unit = "per_second"
	}
	if first, _, _ := strings.Cut(unit, "_"); first != "" {
		name = strings.TrimSuffix(name, "_"+first)
	}
	if unit != "" {
		name += "_" + unit
	}
	return namespace + "_host_" + name
}
