package bpf

import (
	"fmt"
	"time"
)

// RunStats returns how often the drop program ran since it was loaded and how
// long it ran in all. The kernel counts only while statistics are switched on,
// by the sysctl kernel.bpf_stats_enabled or by ebpf.EnableStats; the time
// includes what reading the clock costs. Other drops of the host are in it.
//
// It must not be called after Close. Requires Linux 5.1.
func (d *Drops) RunStats() (runs uint64, total time.Duration, err error) {
	stats, err := d.program.Stats()
	if err != nil {
		return 0, 0, fmt.Errorf("read run time of the eBPF drop program: %w", err)
	}
	return stats.RunCount, stats.Runtime, nil
}
