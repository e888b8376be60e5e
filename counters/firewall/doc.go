// Package firewall reads the packet and byte counters of firewall rules in one
// namespace: those of nftables in every family, and those of the older iptables
// and ip6tables. Rules made with iptables-nft are rules of nftables.
//
// It says which rule it is (family, table, chain, handle, comment), what the
// rule does with the packets that it counts, and which chains drop by policy.
// It does not print rules: `nft list ruleset` and `iptables-save` do.
//
// Reading changes nothing: no counter is reset, and tables of iptables are read
// only if they are there, since asking for one would make it. It requires
// CAP_NET_ADMIN in the user namespace that owns the network namespace.
package firewall
