package session

// subsystem tells whose drop reason a name is, for sources that give the name
// and no more. It is empty if no reason of this kernel has that name, or those
// of several subsystems.
func (n *namer) subsystem(name string) string {
	if known, ok := n.subsystems[name]; ok {
		return known
	}
	found := ""
	for _, r := range n.reasons.All() {
		switch {
		case r.Name != name || r.Subsystem == found:
		case found != "":
			return ""
		default:
			found = r.Subsystem
		}
	}
	if found != "" { // else a module that has it may come yet
		n.subsystems[name] = found
	}
	return found
}
