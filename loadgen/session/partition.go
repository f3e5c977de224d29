package session

import (
	"rtbench/proto/record"
	"rtbench/report/result"
)

// A crossed partition is one of the network as a stream sees it. It belongs to the receiver.
type crossedPartition struct {
	to      int64 // its end
	served  int64 // the first message after it; 0: none
	delayed uint64
}

// partitions returns those of the scenario that concern the group.
func (g *Group) partitions() (list []crossedPartition) {
	for _, e := range g.Cell.Events {
		if e.Partition > 0 && e.Concerns(g.Cell.Group) {
			list = append(list, crossedPartition{to: g.From + int64(e.At+e.Partition)})
		}
	}
	return list
}

// passed notes a message that was due at intended, if that is known, and arrived at a time.
func (e *Session) passed(intended, at int64) {
	for i := range e.partitions {
		p := &e.partitions[i]
		if at < p.to {
			continue
		}
		if p.served == 0 {
			p.served = at
		}
		if intended != 0 && intended < p.to {
			p.delayed++
		}
	}
}

// addPartitions fills in what the streams saw of partitions.
func (a *accounts) addPartitions(list []result.Storm) {
	n := 0
	for i := range list {
		p := list[i].Partition
		if p == nil {
			continue
		}
		served := record.NewHistogram()
		for _, e := range a.sessions {
			crossed := &e.partitions[n]
			if p.Delayed += crossed.delayed; crossed.served != 0 {
				note(served, crossed.served-crossed.to)
			}
		}
		p.Streams, p.Unknown = uint64(len(a.sessions)), a.traffic.gaps
		if served.TotalCount() > 0 {
			p.Served = result.Wrap(served)
		}
		n++
	}
}
