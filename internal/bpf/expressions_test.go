package bpf

// expressions are what the tests with real drops ask.
var expressions = []string{
	"",
	"ip", "ip6", "not ip", "not ip6", "arp", "ip or ip6", "not (ip or ip6)",
	"tcp", "udp", "icmp", "not tcp", "ip and not tcp", "ip6 and udp", "sctp or icmp6",
	"port 80", "tcp port 80", "udp dst port 53", "src port 443", "not port 22", "portrange 20-80", "udp portrange 1-1023",
	"tcp port 80 and not host 10.0.0.1", "port 53 or port 443", "not (tcp or udp)",
	"host 10.0.0.1", "src host 10.0.0.1", "net 10.0.0.0/8", "dst net 192.168.0.0/16", "host 10.0.0.1 or host 10.0.0.2",
	"host 2001:db8::1", "ip6 net 2001:db8::/32", "ip6 host fe80::1 or ip host 1.2.3.4", "dst host ff02::1",
	"tcp[tcpflags] & tcp-syn != 0", "tcp[tcpflags] & (tcp-syn|tcp-fin) != 0", "tcp[13] & 4 != 0", "tcp[13] = 16",
	"ip[6:2] & 0x1fff = 0", "ip[6] & 0x40 != 0", "ip[0] & 0xf > 5", "ip[8] < 64", "ip[1] % 3 = 1 or ip[5] / 7 > 9",
	"ip proto 17", "ip6 proto 6", "ip6[6] = 44", "ether proto 0x88cc", "ether proto 0x86dd",
	"ether host 02:00:00:00:00:01", "ether dst ff:ff:ff:ff:ff:ff", "broadcast", "multicast", "ether src aa:bb:cc:dd:ee:ff",
	"ether[0] & 1 != 0", "ip multicast", "ip6 multicast",
	"vlan", "not vlan", "vlan 5", "vlan 5 and ip", "vlan and tcp port 80", "vlan and vlan", "vlan and ip6", "vlan 100 or ip",
	"vlan and host 10.0.0.1", "vlan and not tcp", "vlan and ip[8] > 100", "ether proto 0x8100", "ether[14:2] & 0xfff = 5",
	"mpls", "mpls and ip", "pppoes", "pppoes and ip",
	"len > 200", "less 100", "greater 150", "len <= 90 and udp", "len > 200 and vlan",
	"udp[180] & 1 = 0", "ip[150:2] > 30000", "ip[200:4] & 3 = 1", "ether[220] < 128", "ether[300] > 10", "tcp[250] & 0x80 = 0",
	"ip[len - 60] > 100", "ip[ip[2]:2] > 100", "ip[60:4] ^ ip[160:4] > 0x7fffffff",
}
