package scenarios

import (
	"slices"
	"strings"

	"rtbench/proto"
	"rtbench/scenarios/cell"
	"rtbench/scenarios/spec"
)

// checkStacks reports protocols that have none of the stacks. Unless the scenario names its protocols,
// it leaves them out.
func (s *Scenario) checkStacks(r *spec.Reader) {
	if s.API == cell.Reference && !r.Has("stack") && proto.DefaultStack(s.Protocols) == "" {
		r.At("protocols", ": %s have no stack in common; expected a list of stacks, such as `stack: [stock, lean]`", strings.Join(s.Protocols, ", "))
	}
	if !r.Valid("stack") || s.API == cell.Guide {
		return
	}
	if s.API == cell.Custom {
		s.checkStackOptions(r)
	}
	stacks := values(s, "stack", s.Stack)
	lacks := func(protocol string) bool {
		return !slices.ContainsFunc(stacks, func(stack string) bool { return hasStack(protocol, stack) })
	}
	if able := slices.DeleteFunc(slices.Clone(s.Protocols), lacks); s.API == cell.Reference && !r.Has("protocols") && len(able) > 0 {
		s.Protocols = able
	}
	for _, protocol := range s.Protocols {
		if lacks(protocol) {
			r.At("stack", ": %s over %s%s; expected one of %s", strings.Join(stacks, ", "), protocol, noStock(protocol), strings.Join(proto.StacksOf(protocol), ", "))
		}
	}
}

// checkStackOptions reports options of a custom WebSocket that only stack lean has.
func (s *Scenario) checkStackOptions(r *spec.Reader) {
	e, stacks := s.Custom.Endpoints["websocket"], values(s, "stack", s.Stack)
	other := slices.IndexFunc(stacks, func(stack string) bool { return stack != proto.Lean && stack != "" })
	if e == nil || other < 0 {
		return
	}
	if e.Deflate != "off" {
		r.At("target.websocket.deflate", " with stack %s; expected stack %s", stacks[other], proto.Lean)
	}
	if e.Fragment > 0 {
		r.At("target.websocket.fragment", " with stack %s; expected stack %s", stacks[other], proto.Lean)
	}
}

// noStock explains that a protocol has no stack stock; empty if it has one.
func noStock(protocol string) string {
	if p, _ := proto.ProtocolByName(protocol); p.NoStock != "" {
		return ": " + p.NoStock
	}
	return ""
}

func hasStack(protocol, stack string) bool {
	_, ok := proto.StackOf(protocol, stack)
	return ok
}

// chooseStacks sets the default stack of cells, and drops cells whose protocol lacks theirs.
func (s *Scenario) chooseStacks(cells []Cell) []Cell {
	for i := range cells {
		c := &cells[i]
		switch {
		case c.Stack != "":
		case s.API == cell.Reference:
			c.Stack = proto.DefaultStack(s.Protocols)
		default:
			c.Stack = proto.ClientStack(c.Protocol)
		}
	}
	return slices.DeleteFunc(cells, func(c Cell) bool { return !hasStack(c.Protocol, c.Stack) })
}
