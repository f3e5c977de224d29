package scenarios

import (
	"fmt"
	"slices"
	"time"

	"rtbench/scenarios/cell"
	"rtbench/scenarios/spec"
)

// droppedByServer is the built-in scenario whose reference server drops streams: `serve --fault drop=…`.
const droppedByServer = "oracle-storm"

// checkEvents reports events that cannot happen, and fills in how streams come back.
func (s *Scenario) checkEvents(r *spec.Reader) {
	for i := range s.Events {
		s.checkEvent(r, fmt.Sprintf("events[%d]", i), i)
	}
	c := &s.Reconnect
	if s.API == cell.Reference && len(s.Events) == 0 && r.Has("reconnect") && s.Name != droppedByServer {
		r.At("reconnect", " with api: reference, whose servers end no streams; expected events with it, such as [{at: 1s, disconnect: 100%%}]")
	}
	if len(s.Events) > 0 && c.Policy == "" {
		c.Policy = cell.FullJitter
	}
	if c.Policy != "" {
		c.Base = defaultTo(c.Base, cell.DefaultBase)
		c.Cap = defaultTo(c.Cap, max(cell.DefaultCap, c.Base))
	}
}

func defaultTo(d, otherwise time.Duration) time.Duration {
	if d == 0 {
		return otherwise
	}
	return d
}

// checkEvent checks event i, which is at the path at.
func (s *Scenario) checkEvent(r *spec.Reader, at string, i int) {
	e := s.Events[i]
	s.checkEventKind(r, at, e)
	if e.At >= s.Steady {
		r.At(at+".at", ": found %v, and the steady phase takes %v; expected a time before its end", e.At, s.Steady)
	} else if e.At+e.Partition > s.Steady {
		r.At(at+".partition", ": it ends at %v, and the steady phase takes %v; expected an end within it", e.At+e.Partition, s.Steady)
	}
	if i > 0 && e.At < s.Events[i-1].At {
		r.At(at+".at", ": found %v after %v; expected events in the order of time", e.At, s.Events[i-1].At)
	}
	if s.Group == "" && e.Group != "" && len(s.groupNames) == 0 {
		r.At(at+".group", " without groups; expected no group")
	}
	if e.Restart != "" && (s.API == cell.Custom || s.Target != "") {
		r.At(at+".restart", cannotRestart)
	}
	if e.Partition > 0 && s.Read.Slow() {
		r.At(at+".partition", " with read: the buffers of the emulated network would hide the slow reader from the server; expected one of them")
	}
}

// cannotRestart is the end of the error of a restart of a server that rtbench does not start.
const cannotRestart = ": rtbench restarts only reference servers that it starts itself; expected run, such as {run: [docker, restart, chat]}"

// checkEventKind reports an event that does nothing, or several things at once.
func (s *Scenario) checkEventKind(r *spec.Reader, at string, e cell.Event) {
	var kinds []string
	for _, k := range []struct {
		name string
		is   bool
	}{{"disconnect", e.Disconnect > 0}, {"partition", e.Partition > 0}, {"restart", e.Restart != ""}, {"run", len(e.Run) > 0}} {
		if k.is {
			kinds = append(kinds, k.name)
		}
	}
	tried := slices.ContainsFunc([]string{"disconnect", "partition", "restart", "run"}, func(key string) bool { return r.Has(at + "." + key) })
	switch {
	case len(kinds) > 1:
		r.At(at+"."+kinds[1], " with %s; expected one of them in an event", kinds[0])
	case len(kinds) == 0 && !tried:
		r.At(at, ": nothing happens; expected disconnect, partition, restart or run, such as {at: 20s, disconnect: 100%%}")
	}
	for key, with := range map[string]string{"how": "disconnect", "group": "disconnect", "to": "partition"} {
		fits := len(kinds) == 0 || slices.Contains(kinds, with) || key == "group" && e.Partition > 0
		if r.Has(at+"."+key) && !fits {
			r.At(at+"."+key, " with %s; expected it with %s", kinds[0], with)
		}
	}
}

// checkEventGroups reports events for groups that do not exist.
func (s *Scenario) checkEventGroups(r *spec.Reader, events []cell.Event) {
	for i, e := range events {
		if e.Group != "" && !slices.Contains(s.groupNames, e.Group) {
			r.At(fmt.Sprintf("events[%d].group", i), ": found %q; expected a group%s", e.Group, spec.Nearest(e.Group, s.groupNames...))
		}
	}
}
