package dropmon

// Attributes are what a filter expression can ask of a drop, by these names.
// Numbers about amounts (packets, buffers, bytes) are those of the row or
// packet at hand.
type Attributes struct {
	Reason    string `expr:"reason" help:"drop reason, such as NO_SOCKET"`
	Subsystem string `expr:"subsystem" help:"who gave the reason: core, openvswitch, mac80211_unusable, qdisc"`
	Class     string `expr:"class" help:"loss, policy, peer, proto or benign"`
	Origin    string `expr:"origin" help:"software or hardware"`
	Trap      string `expr:"trap" help:"devlink trap of a hardware drop"`

	Function string `expr:"function" help:"kernel function that dropped"`
	Module   string `expr:"module" help:"kernel module of the function"`

	NetNS      string `expr:"netns" help:"network namespace"`
	NetNSInode int    `expr:"netns_inode" help:"inode of the network namespace"`
	Interface  string `expr:"interface" help:"network interface"`
	IfIndex    int    `expr:"ifindex" help:"index of the interface"`

	Protocol        string `expr:"protocol" help:"IPv4, IPv6, ARP, ..."`
	Transport       string `expr:"transport" help:"TCP, UDP, ICMP, ..."`
	Source          string `expr:"source" help:"source address"`
	SourcePort      int    `expr:"source_port" help:"source port"`
	Destination     string `expr:"destination" help:"destination address"`
	DestinationPort int    `expr:"destination_port" help:"destination port"`
	Length          int    `expr:"length" help:"length of one packet, IP header included"`

	Process string `expr:"process" help:"name of the process that owns the socket"`
	PID     int    `expr:"pid" help:"its process ID"`

	Packets int `expr:"packets" help:"packets in the row"`
	Buffers int `expr:"buffers" help:"socket buffers in the row"`
	Bytes   int `expr:"bytes" help:"bytes in the row, IP headers included"`
}

// Attributes returns what a filter may ask, but for the function and module,
// which only a symbol table knows.
func (d *Drop) Attributes() Attributes {
	a := Attributes{
		Reason: d.Reason.Name, Subsystem: d.Reason.Subsystem, Class: string(d.Class),
		Origin: d.Origin.String(), Trap: d.Trap.Name,
		NetNS: d.NetNS.Name, NetNSInode: int(d.NetNS.Inode),
		Interface: d.Interface.Name, IfIndex: int(d.Interface.Index),
		Protocol: ProtocolName(d.Protocol), Transport: TransportName(d.Protocol, d.Transport),
		Length:  int(d.Length),
		Process: d.Process.Name, PID: d.Process.PID,
		Packets: int(d.Packets), Buffers: int(d.Buffers), Bytes: int(d.Bytes),
	}
	if d.Flow.Source.IsValid() {
		a.Source, a.SourcePort = d.Flow.Source.Addr().String(), int(d.Flow.Source.Port())
	}
	if d.Flow.Destination.IsValid() {
		a.Destination, a.DestinationPort = d.Flow.Destination.Addr().String(), int(d.Flow.Destination.Port())
	}
	return a
}
