package pcapfilter

// A service is the port that has a name, and the protocol to which the name
// belongs alone: tcp, udp, or nothing if it belongs to both.
type service struct {
	port     uint32
	protocol string
}

// services are the names most in use, with the meaning that Debian gives them.
var services = namedPorts(map[string]string{
	"tcp": `
tcpmux 1 systat 11 netstat 15 qotd 17 ftp-data 20 ftp 21 ssh 22 telnet 23 mail 25 smtp 25
whois 43 gopher 70 finger 79 http 80 www 80 pop3 110 auth 113 nntp 119 epmap 135 netbios-ssn 139
imap 143 imap2 143 bgp 179 microsoft-ds 445 submissions 465 exec 512 login 513 shell 514
printer 515 uucp 540 klogin 543 kshell 544 submission 587 ipp 631 kerberos-adm 749 rsync 873
ftps-data 989 ftps 990 telnets 992 imaps 993 pop3s 995 socks 1080 ms-sql-s 1433 cvspserver 2401
zebra 2601 ripd 2602 bgpd 2605 dict 2628 gpsd 2947 iscsi-target 3260 mysql 3306
ms-wbt-server 3389 distcc 3632 svn 3690 sieve 4190 epmd 4369 ntske 4460 munin 4949
xmpp-client 5222 xmpp-server 5269 postgresql 5432 nrpe 5666 amqps 5671 amqp 5672 x11 6000
redis 6379 syslog-tls 6514 ircd 6667 ircs-u 6697 http-alt 8080 puppet 8140 bacula-dir 9101
bacula-fd 9102 bacula-sd 9103 git 9418 zabbix-agent 10050 zabbix-trapper 10051 nbd 10809
`,
	"udp": `
bootps 67 bootpc 68 tftp 69 ntp 123 netbios-ns 137 netbios-dgm 138 xdmcp 177 ipx 213
ptp-event 319 ptp-general 320 isakmp 500 who 513 talk 517 ntalk 518 route 520 dhcpv6-client 546
dhcpv6-server 547 ms-sql-m 1434 l2f 1701 l2tp 1701 ipsec-nat-t 4500 iax 4569 mdns 5353
babel 6696
`,
	"": `
echo 7 discard 9 daytime 13 chargen 19 time 37 tacacs 49 domain 53 kerberos 88 portmapper 111
sunrpc 111 snmp 161 snmp-trap 162 snmptrap 162 ldap 389 svrloc 427 https 443 kpasswd 464
syslog 514 rtsp 554 ldaps 636 ldp 646 domain-s 853 openvpn 1194 radius 1812 radius-acct 1813
nfs 2049 nut 3493 sip 5060 sip-tls 5061
`})

func namedPorts(lists map[string]string) map[string]service {
	table := make(map[string]service)
	for protocol, list := range lists {
		for name, port := range numbers(list) {
			table[name] = service{port, protocol}
		}
	}
	return table
}
