package session

import (
	"strings"
	"testing"

	"dropwatch/dropmon"
)

func hardwareDrop(trap dropmon.Trap, packets uint64) dropmon.Drop {
	d := drop("", packets)
	d.Origin, d.Trap, d.Reason = dropmon.Hardware, trap, dropmon.Reason{Code: dropmon.NoReason}
	return d
}

// A trap gets class, cause and advice from the knowledge base, and its cookie is
// printed in hexadecimal.
func TestTrapRows(t *testing.T) {
	rule := dropmon.Trap{Group: "acl_drops", Name: "ingress_flow_action_drop", Cookie: "\x0a\x1b"}
	s, _ := open(t, Config{},
		hardwareDrop(rule, 5),
		hardwareDrop(dropmon.Trap{Group: "buffer_drops", Name: "of_a_driver"}, 3),
		drop("NO_SOCKET", 1),
	)
	receive(t, s, nil)
	rows := summary(t, s).Drops
	if len(rows) != 3 {
		t.Fatalf("%d rows", len(rows))
	}
	for i, want := range []struct{ trap, class, cause string }{
		{"ingress_flow_action_drop (acl_drops) cookie 0a1b", "policy", "tc rule"},
		{"of_a_driver (buffer_drops)", "loss", "buffer"},
	} {
		r := rows[i]
		if r.Trap == nil || r.Trap.String() != want.trap || r.Class != want.class || r.Origin != "hardware" {
			t.Errorf("row %+v, trap %v", r, r.Trap)
		}
		if !strings.Contains(r.Cause, want.cause) || r.Advice == "" {
			t.Errorf("%s: cause %q, advice %q", want.trap, r.Cause, r.Advice)
		}
	}
	if r := rows[2]; r.Trap != nil || r.Origin != "software" || r.Cause == "" {
		t.Errorf("row %+v", r)
	}
}

// A row of several traps has no single cause.
func TestTrapsTogether(t *testing.T) {
	s, _ := open(t, Config{By: dropmon.ByInterface},
		hardwareDrop(dropmon.Trap{Group: "l3_drops", Name: "blackhole_route"}, 5),
		hardwareDrop(dropmon.Trap{Group: "l2_drops", Name: "fid_miss"}, 3),
	)
	receive(t, s, nil)
	rows := summary(t, s).Drops
	if len(rows) != 1 || rows[0].Packets != 8 || rows[0].Trap != nil || rows[0].Class != "policy" || rows[0].Cause != "" {
		t.Errorf("rows %+v", rows)
	}
}

func TestTrapPacket(t *testing.T) {
	d := hardwareDrop(dropmon.Trap{Group: "l3_exceptions", Name: "ttl_value_is_too_small"}, 1)
	s, _ := open(t, Config{Packets: true}, d)
	n := 0
	receive(t, s, func(e *Entry) {
		n++
		p := s.Packet(e)
		if p.Trap == nil || p.Trap.Name != "ttl_value_is_too_small" || p.Class != "proto" || p.Cause == "" || p.Interface.Name != "eth0" {
			t.Errorf("packet %+v", p)
		}
	})
	if n != 1 {
		t.Errorf("%d packets", n)
	}
}
