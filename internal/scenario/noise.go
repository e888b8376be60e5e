package scenario

import "slices"

// A noise is a function that frees buffers which are no packets of any network,
// in a way that the kernel calls a drop, while a lab is built or watched.
type noise struct {
	symbol, why string
}

func noises() []noise {
	const ownTest = "a test that the kernel makes when a device begins to poll, as for an XDP program"
	return []noise{
		{"nfnetlink_rcv_batch", "the request that made a firewall's rules"},
		{"napi_get_frags_check", ownTest}, {"netif_napi_add_weight_locked", ownTest},
	}
}

// isNoise tells whether a source without namespaces may see a row at any time.
// Packets are never noise, so a source that tells protocols is judged by them
// too.
func (o Observed) isNoise(sight Sight) bool {
	if sight.NetNS || sight.Protocol && o.Protocol != 0 {
		return false
	}
	return slices.ContainsFunc(noises(), func(n noise) bool { return n.symbol == plainSymbol(o.Symbol) })
}
