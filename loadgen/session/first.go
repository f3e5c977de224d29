package session

import "time"

// FirstLag returns how long after its time the group's first message was sent: when it was due, or in a closed
// loop of messages the plan's origin. It returns nil if none was sent. Call it after Close.
func (g *Group) FirstLag() *time.Duration {
	var due, sent int64
	for _, e := range g.sessions {
		if e.firstSent != 0 && (sent == 0 || e.firstDue < due) {
			due, sent = e.firstDue, e.firstSent
		}
	}
	if sent == 0 {
		return nil
	}
	if !g.Open() && !g.traffic.asks {
		due = g.Origin
	}
	lag := time.Duration(sent - due)
	return &lag
}
