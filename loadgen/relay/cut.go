package relay

import (
	"slices"
	"sync/atomic"
)

// A Cut is a time in which nothing passes to an end of the connections of a group.
type Cut struct {
	From  int64  `json:"from"` // nanoseconds of clock.Now
	To    int64  `json:"to"`
	Up    bool   `json:"up"`    // nothing passes to the server
	Down  bool   `json:"down"`  // nothing passes to the client
	Group string `json:"group"` // empty: of all groups
}

// cuts are those of one direction of a connection. A nil *cuts has none. They are safe for concurrent use.
type cuts struct {
	of   *partitions
	down bool
	who  string // the group
}

// partitions are the cuts of all connections, in the order of their beginning. One goroutine adds to them.
type partitions struct{ list atomic.Pointer[[]Cut] }

func (p *partitions) add(c Cut) {
	list := append(slices.Clone(p.all()), c)
	p.list.Store(&list)
}

func (p *partitions) all() []Cut {
	if list := p.list.Load(); list != nil {
		return *list
	}
	return nil
}

// after returns the first time from at on that lies in no cut.
func (c *cuts) after(at int64) int64 {
	if c == nil {
		return at
	}
	for _, cut := range c.of.all() {
		concerns := (cut.Group == "" || cut.Group == c.who) && (c.down && cut.Down || !c.down && cut.Up)
		if concerns && at >= cut.From {
			at = max(at, cut.To)
		}
	}
	return at
}
