package console

import (
	"context"

	"dropwatch/dropmon"
	"dropwatch/internal/pcapfilter"
	"dropwatch/shell"
)

// packet sets, shows or removes the packet filter of the next start.
func (c *console) packet(_ context.Context, s *shell.Session, args []string) error {
	switch {
	case (len(args) == 0 || args[0] == "") && c.settings.packet == nil:
		s.Print("no packet filter\n")
		return nil
	case len(args) == 0 || args[0] == "":
		s.Printf("%s\n", c.settings.packet.Text)
		return nil
	case args[0] == "none":
		c.settings.packet = nil
	default:
		program, err := pcapfilter.Compile(args[0], pcapfilter.Ethernet)
		if err != nil {
			return err
		}
		c.settings.packet = &dropmon.PacketFilter{Text: args[0], Instructions: program.Instructions()}
	}
	if c.watch != nil && !c.watch.ended() {
		s.Print("the packet filter holds from the next start on\n")
	}
	return nil
}
